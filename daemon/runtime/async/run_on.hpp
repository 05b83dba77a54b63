#pragma once

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Runs the loop until `work` has ended, and throws what it threw: where a program's blocking world
/// and the loop's meet.
void run_on(asio::io_context& loop, task<> work);

}  // namespace tokensyncd
