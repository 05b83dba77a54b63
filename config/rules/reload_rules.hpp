#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::config {

/// The keys that differ between two configurations and that only a restart can change, by their
/// dotted names; empty where a reload may go on. Pure.
[[nodiscard]] std::vector<std::string> changed_fixed_keys(const configuration& before,
                                                          const configuration& after);

/// How many workspaces a change takes away.
struct removal {
  std::size_t removed = 0;
  std::size_t before = 0;
  /// Everything, or over a fifth and at least five: more likely a mistake (an empty mount, a half
  /// written file) than meant, so a watched change of this size waits for SIGHUP.
  bool is_mass = false;
  std::string sentence;  ///< for is_mass: both numbers and how to go on; else empty
};

/// Compares the workspaces of two configurations by id. Pure.
[[nodiscard]] removal judge_removal(const configuration& before, const configuration& after);

}  // namespace tokensyncd::config
