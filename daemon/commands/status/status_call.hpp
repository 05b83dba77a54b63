#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/status/status_report.hpp"
#include "daemon/commands/status/status_selection.hpp"

namespace tokensyncd::commands {

/// The daemon's status, as sent and as read.
struct status_answer {
  std::string text;
  status_report report;
};

/// Asks the daemon. Throws command_failed as control_client::ask() does.
[[nodiscard]] status_answer ask_status(const control_client& daemon);

/// The same; none where no daemon is running.
[[nodiscard]] std::optional<status_answer> ask_status_if_running(const control_client& daemon);

/// Throws command_failed(usage) where the daemon has no such workspace or sink.
void refuse_unknown(const status_report& report, const status_selection& wanted);

/// The ids of what is selected; none for all of them. Asks the daemon for its status only if the
/// selection is about more than ids, or an id must be known. Throws as the two above.
[[nodiscard]] std::optional<std::vector<std::string>> selected_ids(const control_client& daemon,
                                                                   const status_selection& wanted);

/// The ids of a selection where no daemon is running that could say what is in trouble: throws
/// command_failed(usage) where it asks for that or for a sink.
[[nodiscard]] const std::vector<std::string>& ids_without_daemon(const status_selection& wanted);

}  // namespace tokensyncd::commands
