#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/store.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

/// Stores the state of the fleet as a whole: the times of the last checks at a stop, and everything
/// once the store has lost it. The stages store each change themselves. The observer hears of
/// errors. For the loop's thread.
class state_writer {
 public:
  /// `all` and `tasks` must outlive this.
  state_writer(dependencies deps, const fleet& all, const run_tasks& tasks);

  /// Called for each workspace before its times are saved: brings token_facts::pending up to date.
  std::function<void(std::uint32_t slot)> keep_pending_rotation;

  /// Called by store_all(): adds the rows of workspaces that the fleet doesn't have.
  std::function<void(std::vector<change>& rows)> add_removed;

  /// Saves the times of the last attempt and success of each workspace. Gives up at the first
  /// error.
  task<> save_times();

  /// The store has lost what was saved: store_all() is needed.
  void note_loss() noexcept { has_lost_store_ = true; }

  /// Whether the store has lost what was saved, and store_all() hasn't begun since.
  [[nodiscard]] bool has_lost_store() const noexcept { return has_lost_store_; }

  /// Saves all that is known. While the daemon runs, a workspace whose check is under way follows
  /// when that has ended.
  task<> store_all();

 private:
  void add_rows_of(std::uint32_t slot, std::vector<change>& changes) const;

  dependencies deps_;
  const fleet& fleet_;
  const run_tasks& tasks_;
  bool has_lost_store_ = false;
};

}  // namespace tokensyncd::sync
