#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "daemon/commands/status/status_report.hpp"
#include "daemon/commands/status/status_selection.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::commands {

/// Columns from which on all of a row is shown.
inline constexpr std::size_t wide_terminal = 120;

/// The headline, whether the daemon is ready, each trouble in a line of its own, and when events
/// came; `now` makes "12s ago" of times.
[[nodiscard]] std::string render_head(const status_report& report, wall_time now);

/// Rows as a table for people, at most `limit` of them, 0 for all; says how many more there are.
[[nodiscard]] std::string render_rows(std::span<const status_row> rows, std::size_t limit,
                                      wall_time now);

/// The same with the columns that matter in trouble, for a narrow terminal.
[[nodiscard]] std::string render_narrow_rows(std::span<const status_row> rows, std::size_t limit,
                                             wall_time now);

/// The latest rotations of all workspaces as a table, the newest first, with what each step took;
/// empty where there were none.
[[nodiscard]] std::string render_rotations(const status_report& report);

}  // namespace tokensyncd::commands
