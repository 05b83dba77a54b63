#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/content.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// What all entries of one workspace have in common, whatever its token: what the template says
/// without {token}, {rotated_at} and {generation}. A label that `whom` lacks may be anything. For
/// any thread.
class entry_pattern {
 public:
  entry_pattern(const content& of, const sync::target& whom);

  /// Whether `entry` may be one of this workspace's.
  [[nodiscard]] bool fits(std::string_view entry) const;

 private:
  /// What is known, in order; between two of them stands something unknown. The first one is what
  /// an entry begins with, the last one what it ends with.
  std::vector<std::string> pieces_;
};

}  // namespace tokensyncd::sinks
