#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/store.hpp"
#include "daemon/sync/reload/placement_migration.hpp"
#include "daemon/sync/reload/placement_owners.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"

namespace tokensyncd::sync {

/// The workspaces that the state knows and the configuration doesn't have: they left with a reload,
/// or while the daemon was down. One that comes back goes on where it was. For the loop's thread.
class removed_workspaces {
 public:
  /// `is_whole`: see engine_settings::whole. All others must outlive this.
  removed_workspaces(clock& time, events& observer, fleet& all, event_tracker& tracker,
                     placement_owners& owners, bool is_whole);

  /// Takes one stored row: into the fleet where its workspace is configured, else it is kept here.
  void restore(const stored_workspace& row);
  void restore(const stored_presence& row);

  /// All rows are restored: a workspace that was retired and is configured again goes on, and the
  /// others are sorted into those that left before the stop and those that left since.
  void finish_restore();

  /// Gives these workspaces, which are configured from now on, what is remembered of them.
  void recall(const std::vector<std::uint32_t>& added);

  /// Remembers the workspace in `slot`, which leaves now, and those places of `left` that are kept.
  /// Returns its row for the store.
  stored_workspace remember(std::uint32_t slot, const std::vector<retired_destination>& left);

  /// The consequences of the removals while the daemon was down.
  struct parting {
    std::vector<retired_destination> destinations;  ///< sink_tasks::started() was called for each
    std::vector<change> news;                       ///< for the store
  };

  /// Hands over, once run() has begun, what is to be cleaned up and stored. The observer hears of
  /// each place that is kept although its sink's on_remove was delete.
  parting take_left_while_down(sink_tasks& tasks);

  /// Adds the fingerprints of their tokens: a program may still print one.
  void add_tokens(std::vector<fingerprint>& known) const;

  /// Adds all that is remembered, for a store that has lost it.
  void add_rows(std::vector<change>& changes) const;

 private:
  struct history {
    stored_workspace what;
    std::vector<stored_presence> destinations;
  };

  void note_left_while_down();
  void keep_destinations(history& past);
  void take_destinations(history& past);
  [[nodiscard]] const std::shared_ptr<sink_channel>* channel_for(const stored_presence& row) const;

  clock& time_;
  events& observer_;
  fleet& fleet_;
  event_tracker& event_tracker_;
  placement_owners& owners_;
  bool is_whole_;
  std::unordered_map<std::string, history> retired_;
  std::vector<change> news_;                        // to be stored when run() begins
  std::vector<stored_presence> destinations_left_;  // to be taken away then
  std::vector<stored_presence> destinations_kept_;  // although that was to be done
};

}  // namespace tokensyncd::sync
