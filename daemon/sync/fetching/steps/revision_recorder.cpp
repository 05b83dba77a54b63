#include "daemon/sync/fetching/steps/revision_recorder.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {

finding revision_recorder::detect(const call& what, const fetched& got) {
  const std::uint32_t slot = what.who.slot;
  const observation& answer = *got.what;
  finding found;
  if (answer.same_bytes) {
    // As nearly every check finds.
    found.same_bytes = true;
    disputes_.confirms(slot, got.answered);
  } else {
    found.seen = {deps_.prints.of(answer.token.reveal()), answer.rotated_at, got.asked,
                  what.is_rotation, answer.rotated_at_unreadable};
    found.token_bytes = static_cast<std::uint16_t>(answer.token.size());
    found.length_is_new = fleet_.history.token_lengths.add(found.token_bytes);
    found.how = compare_with_known(what, found.seen);
    if (found.is_believed()) {
      record& r = fleet_.book.at(slot);
      r.token.accepted = answer.body;
      r.token.has_accepted = true;
      r.token.seen = true;
    }
  }
  found.answers_disagree = disputes_.disagree(slot, got.answered);
  return found;
}

change_kind revision_recorder::compare_with_known(const call& what, const observed_token& seen) {
  const std::uint32_t slot = what.who.slot;
  const record& r = fleet_.book.at(slot);
  const steady_time now = deps_.time.now();
  const wall_time wall = deps_.time.wall();
  known_token known{r.wanted, {}, r.known_since, fleet_.history.past.was_ordered(slot, wall)};
  // Of the token that is known, as nearly every check finds it, nothing of this is asked.
  if (seen.token != r.wanted.token) {
    if (r.token.has_previous) known.before.push_back(r.token.previous);
    known.is_fresh =
        fleet_.history.past.is_fresh(slot, wall) || disputes_.is_suspect(slot, seen.token);
    for (const former_token& each : fleet_.history.past.of(slot))
      known.before.push_back(each.token);
  }

  const change_kind how = compare(known, seen, false);
  if (how == change_kind::same || how == change_kind::filled_in) {
    disputes_.confirms(slot, now);
  } else if (how != change_kind::stale && how != change_kind::doubtful) {
    disputes_.decided(slot);
  } else {
    auto patience = how == change_kind::stale ? disputes::for_old_token : disputes::for_new_token;
    if (how == change_kind::doubtful) disputes_.suspects(slot, seen.token);
    if (fleet_.history.past.may_have_been_newer(slot, seen.token, wall)) {
      patience = disputes::for_swapped_token;
    }
    const bool is_settled = seen.asked >= r.known_since && now - r.known_since >= formers::fresh;
    // A refusal doesn't bring an older token back where we know that ours is the newest.
    const bool is_refuted = seen.asked >= r.known_since && !known.was_ordered &&
                            fleet_.is_refuted(slot, r.wanted.token, seen.token);
    if (!disputes_.doubts(slot, seen.token, patience, is_settled, now) && !is_refuted) return how;
    disputes_.decided(slot);
    return compare(known, seen, true);
  }
  return how;
}

task<> revision_recorder::record_revision(const call& what, const fetched& got,
                                          const finding& found) {
  // Store the revision before anybody hears of it.
  const revision before = fleet_.book.at(what.who.slot).wanted;
  const revision next = apply(before, found.seen, found.how);
  stored_workspace row = next_row(what, found, next);
  const wall_time known_since = row.known_since;
  std::vector<change> changes;
  changes.emplace_back(std::move(row));
  if (found.length_is_new) changes.emplace_back(seen_length{found.token_bytes});
  const bool is_stored = co_await save_or_report(deps_, std::move(changes));
  const auto stored = is_stored ? std::optional(deps_.time.wall()) : std::nullopt;

  // Write it to the ledger.
  record* r = fleet_.book.get(what.who);
  if (r == nullptr) co_return;
  write(*r, what, got, found, before, next);

  // Report it.
  revision_event event{what.id, what.why, r->wanted, before};
  event.rotated_at_filled_in = found.how == change_kind::filled_in;
  event.times = times_of(what, got, stored);
  event.rotated_at_went_back = found.how == change_kind::rotated && next.rotated_at &&
                               before.rotated_at && *next.rotated_at < *before.rotated_at;
  deps_.observer.revised(event);
  if (found.is_rotation()) {
    fleet_.history.latest.rotated(what.who.slot, event);
    fleet_.history.seen_rotation(known_since);
  }
}

/// The row of the workspace with its next revision. A token that this replaces counts as old from
/// here on, even if the row can't be saved.
stored_workspace revision_recorder::next_row(const call& what, const finding& found,
                                             const revision& next) {
  const std::uint32_t slot = what.who.slot;
  const record& known = fleet_.book.at(slot);
  stored_workspace row = to_stored(known, deps_.time);
  const wall_time before_since = row.known_since;
  row.wanted = next;
  if (found.how != change_kind::filled_in) row.known_since = deps_.time.wall();
  if (found.how == change_kind::rotated) {
    row.previous = known.wanted.token;
    fleet_.history.past.replaced(slot, known.wanted.token, before_since, next.token,
                                 deps_.time.wall(), what.is_rotation);
    row.formers = fleet_.history.past.of(slot);
  }
  return row;
}

/// Makes `next` the wanted revision of a record, and notes what that means for its presences and
/// for the rotations of its workspace.
void revision_recorder::write(record& r, const call& what, const fetched& got, const finding& found,
                              const revision& before, const revision& next) {
  if (found.how == change_kind::rotated) {
    r.token.previous = before.token;
    r.token.has_previous = true;
  }
  r.wanted = next;
  fleet_.history.newest.add(next.token);
  if (found.how != change_kind::filled_in) r.known_since = got.answered;
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    presence& p = fleet_.presence_of(r, k);
    if (found.is_new_token()) p.holds_token = false;
  }
  if (!found.is_rotation()) return;
  ++fleet_.history.rotations[what.who.slot][static_cast<std::size_t>(what.why)];
  event_tracker_.rotated(what.who.slot, what.why, got.asked, got.answered);
}

step_times revision_recorder::times_of(const call& what, const fetched& got,
                                       std::optional<wall_time> stored) const {
  const auto at = [this](steady_time when) {
    return deps_.time.wall() -
           std::chrono::duration_cast<std::chrono::microseconds>(deps_.time.now() - when);
  };
  return {at(std::min(what.due, got.asked)), at(got.asked), at(got.answered), stored};
}

bool revision_recorder::has_to_settle(handle who, const finding& found) const {
  const bool has_length = found.length_is_new && found.how == change_kind::same;
  return has_length || has_pending_rotation_ended(who);
}

task<> revision_recorder::settle(handle who, const finding& found) {
  co_await remember_length(found);
  if (has_pending_rotation_ended(who))
    co_await record_pending_rotation(who, pending_rotation::none);
}

task<> revision_recorder::remember_length(const finding& found) {
  // With a change it is stored together with the revision.
  if (!found.length_is_new || found.how != change_kind::same) co_return;
  std::vector<change> changes;
  changes.emplace_back(seen_length{found.token_bytes});
  co_await save_or_report(deps_, std::move(changes));
}

task<bool> revision_recorder::record_pending_rotation(handle who, pending_rotation pending) {
  record* r = fleet_.book.get(who);
  if (r == nullptr || r->token.pending == pending) co_return true;
  r->token.pending = pending;
  std::vector<change> changes;
  changes.emplace_back(to_stored(*r, deps_.time));
  co_return co_await save_or_report(deps_, std::move(changes));
}

void revision_recorder::expect_pending_rotation(std::uint32_t slot, pending_rotation pending) {
  fleet_.book.at(slot).token.pending = pending;
}

void revision_recorder::keep_pending_rotation(std::uint32_t slot) {
  record& r = fleet_.book.at(slot);
  if (r.token.pending == pending_rotation::none && event_tracker_.is_open(slot))
    r.token.pending = pending_rotation::announced;
}

/// Whether an answer has ended what was expected of a workspace when its doubt was stored.
bool revision_recorder::has_pending_rotation_ended(handle who) const {
  const record* const r = fleet_.book.get(who);
  return r != nullptr && r->token.pending != pending_rotation::none &&
         !disputes_.is_open(who.slot) && !event_tracker_.is_open(who.slot);
}

}  // namespace tokensyncd::sync
