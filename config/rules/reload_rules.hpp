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

/// Which workspaces a change adds and takes away.
struct workspace_changes {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t before = 0;
  std::vector<std::string> removed_ids{};  ///< the first few
  /// Everything, or over a fifth and at least five: more likely a mistake (an empty mount, a half
  /// written file) than meant, so a watched change of this size waits for SIGHUP.
  bool is_mass = false;
  std::string sentence{};  ///< for is_mass: both numbers and how to go on; else empty
};

/// Compares the workspaces of two configurations by id. Pure.
[[nodiscard]] workspace_changes compare_workspaces(const configuration& before,
                                                   const configuration& after);

/// As a clause, e.g. `workspaces: 1 added, 2 removed (acme, bolt)`; empty where none came or went.
[[nodiscard]] std::string in_words(const workspace_changes& changes);

}  // namespace tokensyncd::config
