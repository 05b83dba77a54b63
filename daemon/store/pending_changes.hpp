#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "daemon/store/compact.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// What a store still has to do: changes to save, oldest first, and whether to look at its file. It
/// has no errors. For the loop's thread.
struct pending_changes {
  std::vector<sync::change> changes;
  bool looks = false;  ///< a look() waits

  [[nodiscard]] bool is_empty() const noexcept { return changes.empty() && !looks; }

  void add(std::vector<sync::change> newer) {
    std::move(newer.begin(), newer.end(), std::back_inserter(changes));
  }

  /// All that is pending, which is no longer pending afterwards.
  [[nodiscard]] pending_changes take() {
    return {std::exchange(changes, {}), std::exchange(looks, false)};
  }

  /// Has `older`, which could not be done, pending again: before what came meanwhile.
  void put_back(const pending_changes& older) {
    looks = looks || older.looks;
    changes.insert(changes.begin(), older.changes.begin(), older.changes.end());
    compact();
  }

  /// Keeps the newest change of each workspace and destination.
  void compact() { tokensyncd::store::compact(changes); }
};

}  // namespace tokensyncd::store
