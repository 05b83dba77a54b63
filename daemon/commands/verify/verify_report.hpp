#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/control/verification.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

using control::verify_line;

/// A table of those that don't work or can't be told, under a line that sums up; see render_table()
/// for `limit`.
[[nodiscard]] std::string render_verify(const std::vector<verify_line>& lines,
                                        std::size_t limit = 0);

/// `ok` when all work, else `no`.
[[nodiscard]] exit_code exit_code_of(const std::vector<verify_line>& lines);

}  // namespace tokensyncd::commands
