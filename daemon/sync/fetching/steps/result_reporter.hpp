#pragma once

#include <cstdint>
#include <unordered_set>

#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/steps/denial_tracker.hpp"
#include "daemon/sync/fetching/steps/revision_recorder.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::sync {

/// Reports how calls ended: to observers, and in the workspace's record, of whose state and times
/// it is the only writer. For the loop's thread.
class result_reporter {
 public:
  /// Both must outlive this.
  result_reporter(dependencies deps, fleet& all)
      : deps_(deps), fleet_(all), denials_(all.book, deps.observer) {}

  /// A workspace is being asked about.
  void attempted(std::uint32_t slot);

  /// An answer came, and was compared.
  void answered(const call& what, const fetched& got, const finding& found);

  /// No answer came (`what.error` has a value). Returns the failures of the workspace in a row.
  std::uint32_t failed(const call& what, const fetched& got);

  /// An exception has ended a check of a workspace, which counts as a failure. Returns the failures
  /// of the workspace in a row.
  std::uint32_t broke_off(std::uint32_t slot, const failure& fault);

  /// Forgets everything that isn't in the record of a workspace.
  void forget(std::uint32_t slot) { unreadable_.erase(slot); }

 private:
  std::uint32_t note_trouble(std::uint32_t slot, const failure& error);
  void note_state(record& r, failure_kind why);
  bool note_unreadable(std::uint32_t slot, const observation& answer);
  [[nodiscard]] check_event event_of(const call& what, const fetched& got, poll_result how);

  dependencies deps_;
  fleet& fleet_;
  denial_tracker denials_;
  std::unordered_set<std::uint32_t> unreadable_;  // whose last rotated_at was no time
};

}  // namespace tokensyncd::sync
