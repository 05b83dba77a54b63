#pragma once

#include <cstdint>

#include "daemon/model/revision.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/steps/change.hpp"
#include "daemon/sync/fetching/steps/disputes.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// An answer, compared with the ledger.
struct finding {
  change_kind how = change_kind::same;
  observed_token seen{};          ///< empty with same_bytes
  bool same_bytes = false;        ///< the bytes of an answer that was believed: nothing to do
  std::uint16_t token_bytes = 0;  ///< length of its token; 0 with same_bytes
  bool length_is_new = false;     ///< the first token of this length
  bool answers_disagree = false;  ///< within the last ten minutes

  [[nodiscard]] bool is_believed() const noexcept {
    return how != change_kind::stale && how != change_kind::doubtful;
  }
  /// Whether there is a revision to record.
  [[nodiscard]] bool is_change() const noexcept {
    return is_believed() && how != change_kind::same;
  }
  [[nodiscard]] bool is_new_token() const noexcept {
    return how == change_kind::first || how == change_kind::rotated;
  }
  [[nodiscard]] bool is_rotation() const noexcept {
    return how == change_kind::rotated || how == change_kind::touched;
  }
  /// Whether it ends the repetitions after an event: a new revision.
  [[nodiscard]] bool is_news() const noexcept {
    return is_change() && how != change_kind::filled_in;
  }
};

/// Detects changes and records them: the only writer of the revision that is wanted, of everything
/// known about its token, and of the doubts about both. For the loop's thread.
class revision_recorder {
 public:
  /// All must outlive this.
  revision_recorder(dependencies deps, fleet& all, event_tracker& events)
      : deps_(deps), fleet_(all), event_tracker_(events) {}

  /// Compares an answer (`got.what` has a value) with the ledger. A believed one is noted as seen.
  finding detect(const call& what, const fetched& got);

  /// Stores the revision that holds after a change, then writes it to the ledger and reports it.
  /// A store that fails is reported and changes nothing else. If the workspace left meanwhile, the
  /// ledger stays as it is.
  task<> record_revision(const call& what, const fetched& got, const finding& found);

  /// Whether settle() has something to store.
  [[nodiscard]] bool has_to_settle(handle who, const finding& found) const;

  /// Stores the facts of an answer that no revision goes with: the length of a token that was known
  /// before lengths were stored, and the end of a doubt.
  task<> settle(handle who, const finding& found);

  /// Stores the length of an unchanged token, if it is new.
  task<> remember_length(const finding& found);

  /// Stores why a rotation may have gone unseen; nothing if that is stored already. Returns whether
  /// it is stored.
  task<bool> record_pending_rotation(handle who, pending_rotation pending);

  /// The same without storing it.
  void expect_pending_rotation(std::uint32_t slot, pending_rotation pending);

  /// An announced token that no check has seen: goes with the workspace's record from now on.
  void keep_pending_rotation(std::uint32_t slot);

  [[nodiscard]] const disputes& open_disputes() const noexcept { return disputes_; }

  /// Forgets its disputes about a workspace.
  void forget(std::uint32_t slot) { disputes_.forget(slot); }

 private:
  [[nodiscard]] change_kind compare_with_known(const call& what, const observed_token& seen);
  [[nodiscard]] stored_workspace next_row(const call& what, const finding& found,
                                          const revision& next);
  void write(record& r, const call& what, const fetched& got, const finding& found,
             const revision& before, const revision& next);
  [[nodiscard]] bool has_pending_rotation_ended(handle who) const;
  [[nodiscard]] step_times times_of(const call& what, const fetched& got,
                                    std::optional<wall_time> stored) const;

  dependencies deps_;
  fleet& fleet_;
  event_tracker& event_tracker_;
  disputes disputes_;
};

}  // namespace tokensyncd::sync
