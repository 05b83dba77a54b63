#pragma once

#include <cstddef>
#include <string>

namespace tokensyncd::commands {

/// How far `once` has come.
struct progress {
  std::size_t done = 0;   ///< pairs of workspace and sink in sync
  std::size_t total = 0;  ///< pairs in all, without those of workspaces that are gone
  std::size_t gone = 0;   ///< workspaces that the API doesn't know

  friend bool operator==(const progress&, const progress&) = default;
};

/// A bar that fits into `columns` of a terminal, e.g. `[########----] 412/500 in sync`; without a
/// line's end.
[[nodiscard]] std::string render_bar(const progress& now, std::size_t columns);

/// A line for a log of plain lines, or empty while there is nothing worth a new one since `before`:
/// a tenth further, the end, or another workspace gone.
[[nodiscard]] std::string render_step(const progress& before, const progress& now);

}  // namespace tokensyncd::commands
