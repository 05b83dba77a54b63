#pragma once

#include <optional>

#include "daemon/runtime/async/task_group.hpp"

namespace tokensyncd::sync {

/// The tasks of engine::run(), and whether it is ending. Both groups begin and end together. For
/// the loop's thread.
struct run_tasks {
  std::optional<task_group> endless;  ///< workers, cleanup, drift; cancelled when run() ends
  std::optional<task_group> ending;   ///< deliveries, hooks, removals, saving; end by themselves
  bool is_leaving = false;            ///< run() is at its end, or has ended

  /// Whether a new task may begin: run() runs, and isn't at its end.
  [[nodiscard]] bool may_start() const noexcept { return endless.has_value() && !is_leaving; }
};

}  // namespace tokensyncd::sync
