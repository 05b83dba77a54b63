#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tokensyncd::commands {

/// Lines of cells as text in columns, the first line being the headings; each column is as wide as
/// its widest cell, the last isn't padded. Control characters are shown as `?`: nothing that came
/// from elsewhere reaches the terminal as a command. With a `limit` above 0 there are at most so
/// many lines under the headings, and a last one that says how many more there are.
[[nodiscard]] std::string render_table(std::vector<std::vector<std::string>> lines,
                                       std::size_t limit = 0);

/// `text` without what stands beyond `columns` characters of a line and beyond `rows` lines. Counts
/// code points.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t rows, std::size_t columns);

}  // namespace tokensyncd::commands
