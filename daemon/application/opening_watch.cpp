#include "daemon/application/opening_watch.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <unistd.h>

#include <boost/asio/post.hpp>

#include "daemon/application/drain.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/async/race.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd {
namespace {

constexpr std::chrono::seconds slow_after{3};

}  // namespace

opening_watch::opening_watch(const config::state_settings& state, opening_limits limits)
    : file_(state.file.string()), limits_(limits) {
  if (state.in_memory) return;
  if (limits_.obeys_signals) signal_requests_.emplace(loop_).catch_stops();
  // On the loop it begins at once: to cancel a coroutine that hasn't begun would throw into run().
  auto begin = [this] {
    if (!is_open_) watching_.start(watch());
  };
  asio::post(loop_, std::move(begin));
  thread_ = std::thread([this] { loop_.run(); });
}

opening_watch::~opening_watch() {
  if (!thread_.joinable()) return;
  auto end = [this] {
    is_open_ = true;
    watching_.cancel();
  };
  asio::post(loop_, std::move(end));
  thread_.join();
  signal_requests_.reset();
  // Nobody else has caught it yet, so it ends the process as it would have without this.
  if (was_asked_) ::raise(SIGTERM);
}

task<> opening_watch::watch() {
  if (signal_requests_) {
    co_await race(watch_time(), obey());
  } else {
    co_await watch_time();
  }
}

task<> opening_watch::watch_time() {
  const auto pause = time_->make_sleeper();
  const steady_time last = limits_.last.value_or(steady_time::max());
  co_await pause->sleep_until(std::min(time_->now() + slow_after, last));
  if (was_asked_) leave("stopped by a signal");
  is_slow_ = true;
  if (time_->now() < last) {
    print_errors("waiting for the state file " + file_ + ": its disk hangs or is very slow");
  }
  co_await pause->sleep_until(last);
  leave("the time limit passed");
}

task<> opening_watch::obey() {
  for (;;) {
    co_await next_stop(*signal_requests_);
    if (is_slow_) leave("stopped by a signal");
    if (std::exchange(was_asked_, true)) leave("stopped by a second signal");
  }
}

void opening_watch::leave(const std::string& why) const {
  print_errors(why + " before the state file " + file_ +
               " was open; the API was not asked and nothing was delivered");
  ::_exit(static_cast<int>(exit_code::os_error));
}

}  // namespace tokensyncd
