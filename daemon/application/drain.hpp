#pragma once

#include <functional>

#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd {

/// Completes at the next signal that asks to stop; others are dropped.
task<> next_stop(signals& signal_requests);

/// What an end does beside waiting for tasks.
struct drain_steps {
  signals& signal_requests;
  clock& time;
  std::function<void()> on_begin{};    ///< called before the tasks are asked to end; may be empty
  std::function<exit_code()> on_late;  ///< see run_until()
  std::function<void()> on_drained{};  ///< called when all tasks have ended; may be empty
};

/// Runs `work` until `until` ends, or one of the two throws. Then asks all tasks of `work` to end,
/// waits for them, and throws what was thrown first. After 10 s of waiting, or at a signal to stop,
/// it leaves the process by _exit, because a task that hangs can't be waited for. It calls
/// `on_late` before that, which says so and gives the exit code. On the loop's thread.
task<> run_until(task_group& work, task<> until, drain_steps steps);

/// From now on the process has 10 s to take itself apart: a thread that a file keeps in a system
/// call (a log on a disk that hangs) can't be joined, so after that it is left by _exit with
/// `code`.
void end_in_time(exit_code code) noexcept;

}  // namespace tokensyncd
