#pragma once

#include <functional>

#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd {

/// Completes at the next signal that asks to stop; others are dropped.
task<> next_stop(signals& wishes);

/// Waits for the end of `work`, which has been asked to end, and throws what it threw. After 10 s,
/// or at a signal to stop, leaves the process by _exit, as what hangs can't be waited for;
/// `on_late` is called first: it says so, and gives the exit code.
task<> drain(task_group& work, signals& wishes, clock& time, std::function<exit_code()> on_late);

/// From now on the process has 10 s to take itself apart: a thread that a file keeps in a system
/// call (a log on a disk that hangs) can't be joined, so after that it is left by _exit with
/// `code`.
void end_in_time(exit_code code) noexcept;

}  // namespace tokensyncd
