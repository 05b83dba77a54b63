// What the daemon does by itself while it runs: hear signals, look at its files, keep systemd
// informed.
#include <chrono>
#include <functional>
#include <utility>

#include "daemon/application/application.hpp"
#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/process/heap.hpp"

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

/// How often files are looked at of whose changes nothing may be told.
constexpr auto look_anyway = 30s;

}  // namespace

task<> application::kept_up(std::string name, std::function<task<>()> work) {
  auto tell = [this](const failure& fault) { parts_.observer.task_failed(fault); };
  return supervised(*time_, std::move(name), std::move(work), tell);
}

task<> application::obey(task_group& parts) {
  for (;;) {
    const auto asked = co_await signal_requests_.next();
    if (asked == signal_request::stop) {
      co_return;
    }
    if (asked == signal_request::sync_all) {
      sync({});
      continue;
    }
    // Not awaited here, so that a stop is heard while a file system hangs.
    parts.start(reload_as_asked());
  }
}

task<> application::reload_as_asked() {
  parts_.audit.reopen();
  co_await listeners_.look_at_control_socket();
  co_await reload_for(reload_cause::asked);
}

task<> application::follow_files() {
  const std::function<void(const failure&)> warn = [this](const failure& why) {
    parts_.log.warning("config.unwatched", why.sentence);
  };
  bool was_told = true;
  for (;;) {
    // Directories are watched, and in theirs an editor's swap files come and go.
    const bool differ = co_await reloader_.files_differ();
    if (differ) {
      co_await reload_for(reload_cause::watched);
    } else if (was_told) {
      parts_.log.debug("config.unchanged", "No workspace file changed since they were read.");
    }
    was_told = co_await watches_.workspaces.changed_within(look_anyway, warn);
  }
}

task<> application::follow_secrets() {
  const std::function<void(const failure&)> nobody;
  for (;;) {
    co_await watches_.secrets.changed_within(look_anyway, nobody);
    co_await parts_.look_at_secrets();
  }
}

task<> application::follow_state() {
  const auto pause = time_->make_sleeper();
  for (;;) {
    co_await pause->sleep_until(time_->now() + look_anyway);
    co_await listeners_.look_at_control_socket();
    co_await parts_.look_at_state();
  }
}

task<> application::give_back_after_start() {
  // Delivering to everybody at once needs more than it ever does afterwards.
  co_await parts_.engine.settled();
  give_back_memory();
  // Writing the last ones to the state and closing connections ends a little later.
  const auto pause = time_->make_sleeper();
  co_await pause->sleep_until(time_->now() + 5s);
  give_back_memory();
}

task<> application::feed_watchdog(std::chrono::microseconds limit) {
  const auto pause = time_->make_sleeper();
  for (;;) {
    manager_.alive();
    co_await pause->sleep_until(time_->now() + limit / 2);
  }
}

}  // namespace tokensyncd
