// What follows an answer: when the workspace is asked about again, and what observers are told.
#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/runtime/backoff.hpp"
#include "daemon/sync/fetching/checks.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds quick_retry = 1s;
constexpr milliseconds longest_impatience = 15s;
constexpr milliseconds longest_announced = 5min;

poll_result result_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::throttled:
    case failure_kind::edge_refused:
      return poll_result::throttled;
    case failure_kind::bad_signature:
    case failure_kind::unauthorized:
    case failure_kind::request_refused:
    case failure_kind::clock_skew:
    case failure_kind::partner_refused:
    case failure_kind::denied:
      return poll_result::denied;
    case failure_kind::gone:
      return poll_result::gone;
    default:
      return poll_result::error;
  }
}

/// Why something new is expected of a workspace.
trigger because_of(const record& r) {
  return r.unsure == doubt::ordered ? trigger::command : trigger::webhook;
}

}  // namespace

/// Where it was answered; answers that disagree are a state of their own.
void checks::answered(record& r, std::uint32_t slot, steady_time now) {
  r.last_success = to_unix_seconds(deps_.time.wall());
  const bool disagree = disputes_.disagree(slot, now);
  r.state = disagree ? workspace_state::disputed : workspace_state::ok;
  fleet_.troubles.erase(slot);
  denied_all_ = false;
}

change_kind checks::compare_with_known(const record& r, const call& what,
                                       const observed_token& seen) {
  const std::uint32_t slot = what.who.slot;
  const steady_time now = deps_.time.now();
  const wall_time wall = deps_.time.wall();
  known_token known{r.wanted, {}, r.known_since, fleet_.history.past.was_ordered(slot, wall)};
  // Of the token that is known, as nearly every check finds it, nothing of this is asked.
  if (seen.token != r.wanted.token) {
    if (r.has_previous) known.before.push_back(r.previous);
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

void checks::repeat_stale(record& r, const call& what) {
  const steady_time now = deps_.time.now();
  deps_.observer.answered_stale({r.id, what.why, r.wanted.generation});
  const steady_time again = now + disputes_.pause(what.who.slot);
  fleet_.refresh(r, now);
  dispatcher_.finished(what.who.slot);
  if (r.dirty) {
    dispatcher_.make_due(what.who.slot, r.rank, r.why, r.due);
  } else {
    const steady_time copy = event_tracker_.repeated(what.who.slot, now).value_or(again);
    dispatcher_.put(what.who.slot, std::min(again, copy), priority::out_of_sync);
  }
}

void checks::reschedule(std::uint32_t slot, bool news, steady_time now) {
  record& r = fleet_.book.at(slot);
  dispatcher_.finished(slot);
  if (r.dirty) {
    event_tracker_.answered(slot, news);
    dispatcher_.make_due(slot, r.rank, r.why, r.due);
    return;
  }
  if (const auto again = event_tracker_.next(slot, news, now)) {
    r.why = because_of(r);
    dispatcher_.put(slot, std::min(*again, next_check_of(r, now)), priority::out_of_sync);
    return;
  }
  r.why = trigger::poll;
  if (disputes_.wants_more(slot)) {
    dispatcher_.put(slot, now + disputes_.pause(slot), priority::out_of_sync);
  } else {
    dispatcher_.put(slot, next_check_of(r, now), priority::poll);
  }
}

steady_time checks::next_check_of(const record& r, steady_time now) {
  const milliseconds interval = fleet_.profile_of(r).interval;
  return next_check(now, interval, phase_of(r.id, interval), jitter_, 2 * deps_.rng.fraction() - 1);
}

void checks::fail(const call& what, const fetched& got) {
  record& r = fleet_.book.at(what.who.slot);
  const failure& error = *what.error;
  const steady_time now = deps_.time.now();
  dispatcher_.finished(what.who.slot, in_vain(got));

  auto& trouble = fleet_.troubles[what.who.slot];
  const bool is_new = trouble.consecutive == 0 || trouble.kind != error.kind;
  trouble.sentence = error.sentence;
  trouble.kind = error.kind;
  ++trouble.consecutive;
  tell(what, got, result_of(error.kind), is_new);

  const bool was_well = r.state == workspace_state::ok || r.state == workspace_state::disputed;
  if (error.kind == failure_kind::gone) {
    if (std::exchange(r.state, workspace_state::gone) != workspace_state::gone) note_denied();
  } else if (error.kind == failure_kind::denied) {
    if (std::exchange(r.state, workspace_state::denied) != workspace_state::denied) note_denied();
  } else if (was_well) {
    // What is gone, denied or never seen stays so: nothing was said about it.
    r.state = workspace_state::stale;
  }
  fleet_.refresh(r, now);

  if (dispatcher_.api().is_from_outage() && !r.dirty) {
    ask_again(what.who.slot);
    return;
  }
  // It goes back without its priority, or failures would go before everybody who is well.
  leave_alone(what);
  retry(r, what.who.slot, trouble.consecutive, now);
}

/// An exception has ended a check, wherever it was: its workspace has failed, and is asked about
/// again.
void checks::broke_off(handle who, const failure& fault) {
  deps_.observer.task_failed(fault);
  record* r = fleet_.book.get(who);
  if (r == nullptr) return dispatcher_.finished_for_nobody(false);
  if (r->at == stage::in_flight) dispatcher_.finished(who.slot);
  if (r->at == stage::ready || dispatcher_.when(who.slot)) return;
  auto& trouble = fleet_.troubles[who.slot];
  trouble.sentence = fault.sentence;
  trouble.kind = fault.kind;
  ++trouble.consecutive;
  const bool was_well = r->state == workspace_state::ok || r->state == workspace_state::disputed;
  if (was_well) r->state = workspace_state::stale;
  fleet_.refresh(*r, deps_.time.now());
  retry(*r, who.slot, trouble.consecutive, deps_.time.now());
}

/// Tells when the last workspace became denied, or gone, as well. One that wasn't is remembered and
/// looked at first, so that all of them together look at each workspace twice at most.
void checks::note_denied() {
  const auto all = fleet_.book.by_id();
  const auto state_at = [&](std::size_t place) { return fleet_.book.at(all[place]).state; };
  for (std::size_t looked = 0; looked < all.size(); ++looked) {
    if (not_denied_ >= all.size()) not_denied_ = 0;
    const workspace_state state = state_at(not_denied_);
    if (state != workspace_state::denied && state != workspace_state::gone) {
      denied_all_ = false;
      return;
    }
    ++not_denied_;
  }
  const auto is_denied = [&](std::uint32_t slot) {
    return fleet_.book.at(slot).state == workspace_state::denied;
  };
  const auto denied = static_cast<std::size_t>(std::ranges::count_if(all, is_denied));
  const bool are_gone = denied == 0 && all.size() > 1;
  if ((denied < 2 && !are_gone) || std::exchange(denied_all_, true)) return;
  if (are_gone) {
    deps_.observer.gone_all(all.size());
  } else {
    deps_.observer.denied_all(denied);
  }
}

void checks::retry(record& r, std::uint32_t slot, std::uint32_t failures, steady_time now) {
  const bool may_pass = r.state == workspace_state::stale || r.state == workspace_state::never;
  const milliseconds soon =
      quick_retry + milliseconds{static_cast<int>(1000 * deps_.rng.fraction())};
  const auto backed_off = [&](unsigned times, milliseconds most) {
    return backoff{soon, most}.after(times);
  };
  if (r.dirty) {
    dispatcher_.make_due(slot, r.rank, r.why, r.due);
    return;
  }
  if (may_pass && event_tracker_.is_open(slot)) {
    // No answer says nothing about what was announced: it is asked for until there is one.
    const milliseconds usual = patient_ ? fleet_.profile_of(r).interval : longest_impatience;
    const milliseconds most = std::min(usual, longest_announced);
    r.why = because_of(r);
    dispatcher_.put(slot, now + backed_off(event_tracker_.failed(slot), most), priority::retry);
    return;
  }
  if (const auto again = event_tracker_.next(slot, false, now)) {
    r.why = because_of(r);
    dispatcher_.put(slot, std::max(*again, now + soon), priority::retry);
    return;
  }
  if (r.why == trigger::webhook || r.why == trigger::command) r.why = trigger::poll;
  if (may_pass && failures == 1) {
    dispatcher_.put(slot, now + soon, priority::retry);
  } else if (!patient_) {
    dispatcher_.put(slot, now + backed_off(failures, longest_impatience), priority::retry);
  } else {
    dispatcher_.put(slot, next_check_of(r, now), priority::poll);
  }
}

step_times checks::times_of(const call& what, const fetched& got, wall_time stored) const {
  const auto at = [this](steady_time when) {
    return deps_.time.wall() -
           std::chrono::duration_cast<std::chrono::microseconds>(deps_.time.now() - when);
  };
  return {at(std::min(what.due, got.asked)), at(got.asked), at(got.answered), stored};
}

bool checks::note_unreadable(std::uint32_t slot, const observation& answer) {
  if (answer.rotated_at_unreadable) return unreadable_.insert(slot).second;
  unreadable_.erase(slot);
  return false;
}

void checks::tell(const call& what, const fetched& got, poll_result how, bool error_is_new) {
  check_event event;
  event.workspace = what.id;
  event.why = what.why;
  event.how = how;
  event.lag = std::max(nanoseconds{0}, nanoseconds{what.asked - what.due});
  event.duration = got.answered - got.asked;
  event.clock_skew = got.clock_skew;
  event.error = what.error ? &*what.error : nullptr;
  event.error_is_new = error_is_new;
  if (got.what && !got.what->same_bytes) {
    event.rotated_at_unreadable = got.what->rotated_at_unreadable;
    event.rotated_at_unreadable_is_new = note_unreadable(what.who.slot, *got.what);
  }
  deps_.observer.checked(event);
}

}  // namespace tokensyncd::sync
