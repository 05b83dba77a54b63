#include "daemon/application/drain.hpp"

#include <chrono>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

#include "daemon/runtime/async/race.hpp"

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_limit = 10s;
constexpr auto time_to_log = 100ms;  // the log has its own thread

task<> leave_in_time(signals& signal_requests, clock& time, std::function<exit_code()> on_late) {
  const auto pause = time.make_sleeper();
  co_await race(next_stop(signal_requests), pause->sleep_until(time.now() + drain_limit));
  const auto code = on_late();
  co_await pause->sleep_until(time.now() + time_to_log);
  _exit(static_cast<int>(code));
}

}  // namespace

task<> next_stop(signals& signal_requests) {
  for (;;) {
    const auto asked = co_await signal_requests.next();
    if (asked == signal_request::stop) {
      co_return;
    }
  }
}

task<> run_until(task_group& work, task<> until, drain_steps steps) {
  std::exception_ptr broken;
  try {
    co_await race(work.watch(), std::move(until));
  } catch (...) {
    broken = std::current_exception();
  }
  if (steps.on_begin) steps.on_begin();
  work.cancel();
  co_await race(work.join(),
                leave_in_time(steps.signal_requests, steps.time, std::move(steps.on_late)));
  if (steps.on_drained) steps.on_drained();
  if (broken) std::rethrow_exception(broken);
}

void end_in_time(exit_code code) noexcept {
  try {
    std::thread([code] {
      std::this_thread::sleep_for(drain_limit);
      _exit(static_cast<int>(code));
    }).detach();
  } catch (const std::system_error&) {
    // Without a thread the end may hang, as it would have.
  }
}

}  // namespace tokensyncd
