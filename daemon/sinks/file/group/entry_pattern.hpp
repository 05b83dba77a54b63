#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/content.hpp"

namespace tokensyncd::sinks {

/// What all entries of one workspace have in common, whatever its token, times and labels: what the
/// template says beside them. For any thread.
class entry_pattern {
 public:
  /// Without a workspace: what those of all have in common.
  entry_pattern(const content& of, std::optional<std::string_view> workspace);

  /// Whether `entry` may be one of this workspace's.
  [[nodiscard]] bool fits(std::string_view entry) const;

  /// What each of them begins with; may be empty.
  [[nodiscard]] std::string_view beginning() const noexcept { return pieces_.front(); }

 private:
  /// What is known, in order; between two of them stands something unknown. The first one is what
  /// an entry begins with, the last one what it ends with.
  std::vector<std::string> pieces_;
};

}  // namespace tokensyncd::sinks
