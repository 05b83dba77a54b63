#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/control/plan.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

using control::plan_line;

/// A table of what isn't in sync, under a line that sums up; see render_table() for `limit`.
[[nodiscard]] std::string render_plan(const std::vector<plan_line>& lines, std::size_t limit = 0);

/// `no` when something couldn't be asked, else `changes` when there is something to do, else `ok`.
[[nodiscard]] exit_code exit_code_of(const std::vector<plan_line>& lines);

}  // namespace tokensyncd::commands
