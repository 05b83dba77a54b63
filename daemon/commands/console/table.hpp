#pragma once

#include <string>
#include <vector>

namespace tokensyncd::commands {

/// Lines of cells as text in columns, the first line being the headings; each column is as wide as
/// its widest cell, the last isn't padded. Control characters are shown as `?`: nothing that came
/// from elsewhere reaches the terminal as a command.
[[nodiscard]] std::string render_table(const std::vector<std::vector<std::string>>& lines);

}  // namespace tokensyncd::commands
