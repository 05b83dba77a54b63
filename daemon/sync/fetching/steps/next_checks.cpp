#include "daemon/sync/fetching/steps/next_checks.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace tokensyncd::sync {

using std::chrono::milliseconds;

next_checks::next_checks(dependencies deps, fleet& all, dispatcher& plan, event_tracker& events,
                         const disputes& open, upstream_reporter& api, bool patient)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      event_tracker_(events),
      disputes_(open),
      api_(api),
      policy_(patient) {}

steady_time next_checks::next_check_of(const record& r, steady_time now) {
  const milliseconds interval = fleet_.profile_of(r).interval;
  return next_check(now, interval, phase_of(r.id, interval), jitter_, 2 * deps_.rng.fraction() - 1);
}

void next_checks::after_answer(const call& what, const fetched& got, const finding& found) {
  if (found.same_bytes) {
    reschedule(what.who.slot, false, got.answered);
  } else if (fleet_.book.get(what.who) == nullptr) {
    dispatcher_.finished_for_nobody(what.was_slow);
  } else if (found.is_believed()) {
    reschedule(what.who.slot, found.is_news(), deps_.time.now());
  } else {
    repeat_stale(what);
  }
}

void next_checks::repeat_stale(const call& what) {
  const std::uint32_t slot = what.who.slot;
  record& r = fleet_.book.at(slot);
  const steady_time now = deps_.time.now();
  const steady_time again = now + disputes_.pause(slot);
  fleet_.refresh(r, now);
  dispatcher_.finished(slot);
  if (r.check.dirty) {
    dispatcher_.make_due(slot, r.check.rank, r.check.why, r.due);
  } else {
    const steady_time copy = event_tracker_.repeated(slot, now).value_or(again);
    dispatcher_.put(slot, std::min(again, copy), priority::out_of_sync);
  }
}

void next_checks::reschedule(std::uint32_t slot, bool news, steady_time now) {
  const record& r = fleet_.book.at(slot);
  dispatcher_.finished(slot);
  if (r.check.dirty) {
    event_tracker_.answered(slot, news);
    dispatcher_.make_due(slot, r.check.rank, r.check.why, r.due);
    return;
  }
  answered_check check;
  check.now = now;
  check.pending = r.token.pending;
  check.repetition = event_tracker_.next(slot, news, now);
  if (disputes_.wants_more(slot)) check.vote_after = disputes_.pause(slot);
  put(slot, retry_policy::after(check), now);
}

void next_checks::put(std::uint32_t slot, const next_check_plan& next, steady_time now) {
  steady_time when = next.when.value_or(steady_time::max());
  if (next.is_regular) when = std::min(when, next_check_of(fleet_.book.at(slot), now));
  dispatcher_.put(slot, when, next.rank, next.why);
}

void next_checks::ended_in_vain(const call& what, const fetched& got) {
  dispatcher_.finished(what.who.slot, waited_in_vain(got));
}

void next_checks::after_failure(const call& what, std::uint32_t failures, trigger why) {
  const std::uint32_t slot = what.who.slot;
  if (dispatcher_.api().is_from_outage() && !fleet_.book.at(slot).check.dirty) {
    api_.ask_again(slot, why);
    return;
  }
  // It goes back without its priority, or failures would go before everybody who is well.
  leave_alone(what);
  retry(slot, failures, why);
}

void next_checks::leave_alone(const call& what) {
  const milliseconds pause = dispatcher_.api().own_pause();
  if (pause != milliseconds{0}) dispatcher_.pause(what.who.slot, deps_.time.now() + pause);
}

void next_checks::retry(std::uint32_t slot, std::uint32_t failures, trigger why) {
  const record& r = fleet_.book.at(slot);
  failed_check check;
  check.jitter = deps_.rng.fraction();
  if (r.check.dirty) {
    dispatcher_.make_due(slot, r.check.rank, why, r.due);
    return;
  }
  check.now = deps_.time.now();
  check.why = why;
  check.pending = r.token.pending;
  check.may_pass = r.state == workspace_state::stale || r.state == workspace_state::never;
  check.failures = failures;
  check.interval = fleet_.profile_of(r).interval;
  if (check.may_pass && event_tracker_.is_open(slot)) {
    check.failures_since_event = event_tracker_.failed(slot);
  } else {
    check.repetition = event_tracker_.next(slot, false, check.now);
  }
  put(slot, policy_.after(check), check.now);
}

}  // namespace tokensyncd::sync
