#pragma once

#include <functional>

#include "daemon/commands/status/status_report.hpp"
#include "daemon/commands/status/status_selection.hpp"

namespace tokensyncd::commands {

/// Shows the status again every second until q, Ctrl-C or a signal. On a terminal the head and the
/// worst rows stay on the screen, whatever its size; elsewhere a table is printed for each change.
/// `ask` looks at the daemon; what it throws ends the watch.
void watch_status(const std::function<status_report()>& ask, const status_selection& wanted,
                  std::size_t limit);

}  // namespace tokensyncd::commands
