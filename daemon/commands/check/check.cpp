#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "config/print/effective.hpp"
#include "config/rules/schedule_fit.hpp"
#include "daemon/application/configuration.hpp"
#include "daemon/application/factories.hpp"
#include "daemon/commands/check/check_api.hpp"
#include "daemon/commands/check/check_places.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::size_t most_shown = 100;

/// What a check finds, in the order in which it is told.
class check_run {
 public:
  check_run(asio::io_context& loop, const config::configuration& settings)
      : settings_(settings),
        time_(make_system_clock(loop)),
        rng_(make_rng()),
        log_({}),
        identity_({}),
        prints_({}),
        unwrapped_(*time_),
        world_{loop,
               *time_,
               log_,
               {system_,
                identity_,
                loop,
                *time_,
                *rng_,
                prints_,
                unwrapped_,
                settings.partner.id,
                user_agent(),
                {sink_notices(log_)}}} {
    answers_.workspaces = settings.workspaces.size();
    world_.for_sinks.guard->protect(own_files_of(settings));
  }

  /// Looks, and writes nothing.
  task<check_findings> look() {
    auto found = look_at_own_destinations(settings_);
    auto of_certificates = look_at_certificates(settings_, time_->wall(), warnings_);
    std::move(of_certificates.begin(), of_certificates.end(), std::back_inserter(found));
    make_api(found);
    auto of_sinks = co_await check_sinks(settings_, world_.for_sinks, sync::thoroughness::look);
    std::move(of_sinks.begin(), of_sinks.end(), std::back_inserter(found));
    co_return found;
  }

  /// Asks and tries; what `seen` says already isn't said again.
  task<check_findings> go_online(const check_findings& seen) {
    check_findings found;
    if (api_) {
      answers_ = co_await ask_for_workspaces(*api_, settings_, *time_);
      found = answers_.findings;
    }
    auto of_sinks = co_await check_sinks(settings_, world_.for_sinks, sync::thoroughness::try_out);
    for (auto& each : of_sinks) {
      if (std::find(seen.begin(), seen.end(), each) == seen.end()) {
        found.push_back(std::move(each));
      }
    }
    co_return found;
  }

  [[nodiscard]] const api_answers& answers() const { return answers_; }

  /// What works, but not for long.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void make_api(check_findings& found) {
    try {
      api_ = make_source(settings_.partner, world_);
    } catch (const std::runtime_error& error) {
      pass_on_shortage(error);
      found.push_back({"partner", error.what()});
    }
  }

  const config::configuration& settings_;
  std::unique_ptr<clock> time_;
  std::unique_ptr<random_source> rng_;
  logger log_;
  sinks::system_calls system_;
  // Of no installation: a check opens no state, and nothing that it makes stays.
  sinks::writer_identity identity_;
  fingerprinter prints_;
  sinks::vault::unwrapped_secrets unwrapped_;
  factory_context world_;
  std::shared_ptr<source::partner_source> api_;
  api_answers answers_;
  std::vector<std::string> warnings_;
};

/// A secret may be read by everybody: that is no error, as in some containers it can't be helped.
std::vector<std::string> warnings_of_open_secrets(const config::configuration& all) {
  std::vector<std::string> found;
  const auto look = [&found](const char* key, const std::filesystem::path& file) {
    struct stat there{};
    if (!file.empty() && ::stat(file.c_str(), &there) == 0 && (there.st_mode & S_IROTH) != 0) {
      found.push_back(std::string(key) + ": every user of this machine can read " + file.string() +
                      "; remove that permission (chmod o-r)");
    }
  };
  look("partner.secret_file", all.partner.secret_file);
  look("partner.previous_secret_file", all.partner.previous_secret_file);
  look("partner.proxy_auth_file", all.partner.proxy_auth_file);
  if (all.webhook) look("webhook.tls.key_file", all.webhook->key_file);
  return found;
}

/// What `check` has found, told at its end: a line that sums up, then each problem.
void tell(const check_result& found, const config::variables& hidden, const char* before_lines) {
  std::printf("%s%s\n", before_lines, summary_of(found).c_str());
  std::fflush(stdout);  // problems come last on a terminal
  std::string lines = render_warnings(found.warnings);
  lines += render_findings(found.seen, most_shown);
  lines += render_findings(found.met, most_shown);
  std::fputs(config::without_values(lines, hidden).c_str(), stderr);
}

}  // namespace

exit_code run_command(const common_options& common, const check_options& options) {
  harden_process();
  const auto loaded = loaded_or_fail(common.config);
  const config::configuration& settings = *loaded.value;
  const config::variables& hidden = loaded.from_environment;
  // Behind the configuration the rest is a comment of the same YAML.
  const char* const before_lines = options.print ? "# " : "";
  if (options.print)
    std::fputs(config::effective_yaml(settings, most_shown, hidden).c_str(), stdout);
  const auto schedule = config::judge_schedule(settings);
  if (schedule.fits) std::printf("%s%s\n", before_lines, schedule.sentence.c_str());

  asio::io_context loop{1};
  check_run run{loop, settings};
  check_result found{settings.workspaces.size(), settings.sinks.size(), {}, {}, {}};
  const auto work = [&]() -> task<> {
    found.seen = co_await run.look();
    if (options.online) found.met = co_await run.go_online(found.seen);
  };
  run_on(loop, work());
  if (options.online)
    std::printf("%sonline: %s\n", before_lines, summary_of(run.answers()).c_str());
  found.warnings = warnings_of_open_secrets(settings);
  if (!schedule.fits) found.warnings.push_back("poll: " + schedule.sentence);
  if (auto slow = config::judge_rotations(settings); !slow.empty())
    found.warnings.push_back(std::move(slow));
  for (auto& each : run.warnings()) found.warnings.push_back(each);
  for (auto& each : run.answers().warnings) found.warnings.push_back(each);
  tell(found, hidden, before_lines);
  if (!found.seen.empty()) return exit_code::bad_config;
  return found.met.empty() ? exit_code::ok : exit_code::no;
}

}  // namespace tokensyncd::commands
