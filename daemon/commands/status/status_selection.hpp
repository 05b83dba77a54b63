#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/status/status_report.hpp"

namespace tokensyncd::commands {

/// What of the fleet a command is about.
struct status_selection {
  bool operator==(const status_selection&) const = default;
  std::vector<std::string> workspaces{};  ///< empty: all
  std::string sink{};                     ///< empty: all
  bool trouble = false;                   ///< only what is in trouble
};

/// How bad it is, the worst first.
enum class severity : std::uint8_t {
  failing,        ///< the newest token isn't there, and the last try failed
  out_of_sync,    ///< the newest token isn't there
  hook_failing,   ///< it is there, and the hook fails to say so
  unconfirmed,    ///< a rotation was asked for, and nobody knows yet what came of it
  token_refused,  ///< it is there, and the Public API refuses it
  denied,         ///< the API refuses us the workspace
  gone,           ///< the API doesn't know the workspace
  unchecked,      ///< the last check failed
  disputed,       ///< the API's answers disagree
  pending,        ///< it is there, and the hook is to run yet
  well
};

/// One workspace in one sink. The pointers are into the report.
struct status_row {
  const reported_workspace* workspace = nullptr;
  const reported_sink* sink = nullptr;
  severity rank = severity::well;
  std::string trouble;  ///< empty: none
  std::optional<wall_time> since{};
};

/// What was asked for, the worst and then the oldest trouble first. `report` must outlive it.
[[nodiscard]] std::vector<status_row> select(const status_report& report,
                                             const status_selection& wanted);

/// The first of the wanted workspaces or sinks that the report doesn't have, as `workspace x` or
/// `sink x`; empty where it has all.
[[nodiscard]] std::string first_unknown(const status_report& report,
                                        const status_selection& wanted);

/// Whether every selected workspace that isn't gone (where all are: every one) is in sync in each
/// selected sink, and the API has a token for one of them, where there are several.
[[nodiscard]] bool all_in_sync(const status_report& report, const status_selection& wanted);

/// The same of what `/readyz` waits for: without what isn't required. Workspaces that are named
/// are waited for in any case, as `/readyz/{workspace}` does.
[[nodiscard]] bool all_required_in_sync(const status_report& report,
                                        const status_selection& wanted);

}  // namespace tokensyncd::commands
