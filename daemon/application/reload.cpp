#include "daemon/application/reload.hpp"

#include <exception>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/rules/reload_rules.hpp"
#include "config/sections/environment_values.hpp"
#include "config/sections/workspace_files.hpp"
#include "daemon/application/configuration.hpp"
#include "daemon/application/own_clashes.hpp"
#include "daemon/runtime/fs/secret_file.hpp"
#include "daemon/runtime/joined.hpp"
#include "daemon/runtime/process/heap.hpp"
#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd {
namespace {

using metrics::refusal_reason;

/// All errors as one sentence: where and what, one after the other.
std::string all_of(const std::vector<config::problem>& errors) {
  std::vector<std::string> texts;
  for (const auto& each : errors) {
    texts.push_back(each.text());
  }
  return joined(texts, "; ");
}

/// What a restart for the sake of one key does besides.
std::string what_else(const config::workspace_changes& changes) {
  if (changes.removed == 0) return {};
  return "; it would also remove " + std::to_string(changes.removed) + " of " +
         std::to_string(changes.before) + " workspaces";
}

/// What reads and writes the same file is an error like those that loading finds.
config::loaded load_without_clashes(const std::filesystem::path& file) {
  config::loaded fresh = config::load(file, process_environment());
  if (!fresh.value) return fresh;
  for (auto& each : find_own_clashes(*fresh.value)) {
    fresh.errors.push_back({file, 0, 0, each.key + ": " + each.sentence});
  }
  if (!fresh.errors.empty()) fresh.value.reset();
  return fresh;
}

/// What the parts of a new configuration read when they are made, on the loop.
std::vector<std::filesystem::path> files_of_parts(const config::configuration& all) {
  const auto& partner = all.partner;
  std::vector<std::filesystem::path> found{partner.secret_file, partner.previous_secret_file,
                                           partner.tls.ca_file};
  if (all.webhook) {
    found.push_back(all.webhook->cert_file);
    found.push_back(all.webhook->key_file);
  }
  for (const auto& each : all.sinks) {
    if (const auto* vault = std::get_if<config::vault_sink_settings>(&each.kind)) {
      found.push_back(vault->tls.ca_file);
      found.push_back(vault->tls.cert_file);
      found.push_back(vault->tls.key_file);
    }
  }
  std::erase_if(found, [](const auto& file) { return file.empty(); });
  return found;
}

telemetry::refused_reload refused(refusal_reason reason, std::string sentence) {
  return {reason, {failure_kind::invalid, std::move(sentence)}};
}

}  // namespace

reload_decision decide_reload(const config::configuration& running, config::loaded fresh,
                              reload_cause why) {
  if (!fresh.value) return refused(refusal_reason::invalid, all_of(fresh.errors));
  const auto keys = config::changed_fixed_keys(running, *fresh.value);
  const auto changes = config::compare_workspaces(running, *fresh.value);
  const bool loses_many = changes.is_mass && why == reload_cause::watched;
  // The graver first: whoever restarts for the sake of a key must know what else that does.
  const std::string fixed = keys.empty() ? "" : "only a restart can change " + joined(keys);
  if (loses_many) {
    return refused(refusal_reason::removal,
                   changes.sentence + (fixed.empty() ? "" : "; in addition, " + fixed));
  }
  if (!keys.empty()) {
    return refused(refusal_reason::restart, fixed + what_else(changes));
  }
  return accepted_reload{std::move(*fresh.value), config::in_words(changes)};
}

reloader::reloader(asio::io_context& loop, services& parts, config::configuration running,
                   reload_steps steps)
    : parts_(parts),
      running_(std::move(running)),
      seen_(running_.workspace_stamps),
      steps_(std::move(steps)),
      turn_(loop.get_executor(), 1) {}

task<result<std::string>> reloader::reload(reload_cause why) {
  const boost::system::error_code no_error;
  co_await turn_.async_send(no_error, use_task);
  result<std::string> done;
  std::exception_ptr broken;
  try {
    done = co_await read_and_take(why);
  } catch (...) {
    broken = std::current_exception();
  }
  turn_.try_receive([](const boost::system::error_code&) {});
  if (broken) {
    std::rethrow_exception(broken);
  }
  co_return done;
}

task<bool> reloader::files_differ() {
  auto look = [patterns = running_.workspace_files] { return config::stamps_of(patterns); };
  const auto now = co_await files_.run(std::move(look));
  co_return now != seen_;
}

task<result<std::string>> reloader::read_and_take(reload_cause why) {
  auto look = [patterns = running_.workspace_files] { return config::stamps_of(patterns); };
  seen_ = co_await files_.run(std::move(look));
  auto read = [file = running_.file] { return load_without_clashes(file); };
  auto there = co_await files_.run(std::move(read));
  // What is kept is copied, so that all that the other thread's heap holds can be given back.
  config::loaded fresh = there;
  there = {};
  warn(fresh.warnings);
  const config::variables hidden = fresh.from_environment;
  if (fresh.value) {
    // First where a disk that hangs holds up the reload alone. What is wrong with them is told by
    // the part that reads them.
    auto touch = [files = files_of_parts(*fresh.value)] {
      for (const auto& each : files) static_cast<void>(read_secret_file(each));
    };
    co_await files_.run(std::move(touch));
  }
  auto next = decide_reload(running_, std::move(fresh), why);
  std::optional<telemetry::refused_reload> refusal;
  const std::string changes = next ? next->changes : std::string{};
  if (!next) {
    refusal = std::move(next).error();
  } else if (auto taken = take(std::move(next->settings)); !taken) {
    refusal = refused(refusal_reason::invalid,
                      config::without_values(std::move(taken.error().sentence), hidden));
  }
  refused_ = refusal;
  parts_.observer.reloaded(refusal ? &*refusal : nullptr, changes);
  // Not on the loop, which has other things to do.
  co_await files_.run(give_back_memory);
  if (refusal) {
    co_return std::move(refusal->why);
  }
  co_return changes;
}

void reloader::warn(const std::vector<config::problem>& warnings) {
  std::set<std::string> now;
  for (const auto& each : warnings) {
    const auto [text, is_new] = now.insert(each.text());
    if (is_new && !warned_.contains(*text)) {
      parts_.log.warning("config.warning", *text);
    }
  }
  warned_ = std::move(now);
}

result<void> reloader::take(config::configuration next) {
  try {
    steps_.prepare(next);
    parts_.apply(next);
  } catch (const std::exception& error) {
    return failure{failure_kind::invalid, shortage_of(error).value_or(error.what())};
  }
  running_ = std::move(next);
  seen_ = running_.workspace_stamps;
  steps_.taken(running_);
  return {};
}

}  // namespace tokensyncd
