#include "daemon/application/certificate_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "daemon/http/tls/certificate_look.hpp"

namespace tokensyncd {
namespace {

constexpr std::chrono::minutes between_looks{1};

}  // namespace

std::vector<certificate_file> certificates_of(const config::configuration& all) {
  std::vector<certificate_file> found;
  if (all.webhook && !all.webhook->cert_file.empty())
    found.push_back({"webhook", "webhook.tls", all.webhook->cert_file, all.webhook->key_file});
  for (const auto& each : all.sinks) {
    const auto* const vault = std::get_if<config::vault_sink_settings>(&each.kind);
    if (vault == nullptr || vault->tls.cert_file.empty()) continue;
    found.push_back({"sink:" + each.name, "sinks." + each.name + ".tls.cert_file",
                     vault->tls.cert_file, vault->tls.key_file});
  }
  return found;
}

certificate_watch::certificate_watch(clock& time, logger& log, metrics::daemon_metrics& metrics)
    : time_(time), log_(log), metrics_(metrics), pause_(time.make_sleeper()), reader_([] {
      }) {}  // who uses the files says that their disk hangs

void certificate_watch::use(std::vector<certificate_file> files) {
  files_ = std::move(files);
  troubles_.assign(files_.size(), {});
  is_new_ = true;
  pause_->wake();
}

task<> certificate_watch::run() {
  for (;;) {
    is_new_ = false;
    co_await look();
    if (!is_new_) co_await pause_->sleep_until(time_.now() + between_looks);
  }
}

task<> certificate_watch::look() {
  file_reader::read read = [this, files = files_]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    findings found;
    for (const certificate_file& each : files) {
      const auto expires = http::expiry_of(each.file);
      found.push_back({expires ? std::optional(*expires) : std::nullopt,
                       http::mismatch_of({each.file, each.private_key})});
    }
    return [this, files, found = std::move(found)] { take(files, found); };
  };
  co_await reader_.run(std::move(read));
}

void certificate_watch::take(const std::vector<certificate_file>& files, const findings& found) {
  if (files != files_) return;
  std::vector<telemetry::certificate> now;
  std::vector<metrics::certificate_numbers> numbers;
  for (std::size_t i = 0; i != files.size(); ++i) {
    const telemetry::certificate* const before = find(files[i]);
    const bool lasts = found[i].trouble == std::exchange(troubles_[i], found[i].trouble);
    if (!found[i].expires && before == nullptr) continue;
    const telemetry::certificate& one = now.emplace_back(
        telemetry::certificate{files[i].used_by, files[i].file.string(),
                               found[i].expires ? *found[i].expires : before->expires,
                               lasts ? found[i].trouble : std::string{}});
    warn(one, before);
    numbers.push_back({one.used_by, std::chrono::duration<double>(one.expires.time_since_epoch())});
  }
  known_ = std::move(now);
  looked_at_ = time_.wall();
  metrics_.certificates(std::move(numbers));
}

void certificate_watch::warn(const telemetry::certificate& now,
                             const telemetry::certificate* before) {
  const wall_time at = time_.wall();
  if (!telemetry::is_expiring(now, at)) return;
  const bool is_same = before != nullptr && before->expires == now.expires;
  const bool was_expiring = is_same && telemetry::is_expiring(*before, looked_at_);
  const bool has_just_expired = is_same && now.expires > looked_at_ && now.expires <= at;
  if (was_expiring && !has_just_expired) return;
  log_.warning("certificate.expires", "The " + telemetry::expiry_sentence(now, at) + ".",
               {{"used_by", now.used_by}, {"expires", format_rfc3339(now.expires)}});
}

const telemetry::certificate* certificate_watch::find(const certificate_file& file) const {
  const auto found = std::ranges::find_if(known_, [&](const telemetry::certificate& each) {
    return each.used_by == file.used_by && each.file == file.file;
  });
  return found == known_.end() ? nullptr : &*found;
}

}  // namespace tokensyncd
