#include "daemon/sync/fetching/steps/result_reporter.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::sync {
namespace {

poll_result result_of(const finding& found) {
  if (!found.is_believed()) return poll_result::stale;
  return found.is_change() ? poll_result::changed : poll_result::unchanged;
}

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

bool is_well(const record& r) {
  return r.state == workspace_state::ok || r.state == workspace_state::disputed;
}

}  // namespace

void result_reporter::attempted(std::uint32_t slot) {
  fleet_.book.at(slot).times.last_attempt = to_unix_seconds(deps_.time.wall());
}

/// Answers that disagree are a state of their own.
void result_reporter::answered(const call& what, const fetched& got, const finding& found) {
  record& r = fleet_.book.at(what.who.slot);
  r.times.last_success = to_unix_seconds(deps_.time.wall());
  r.state = found.answers_disagree ? workspace_state::disputed : workspace_state::ok;
  check_event event = event_of(what, got, result_of(found));
  if (const auto trouble = fleet_.troubles.find(what.who.slot); trouble != fleet_.troubles.end()) {
    event.failed_for = deps_.time.now() - trouble->second.since;
    fleet_.troubles.erase(trouble);
  }
  denials_.answered();
  deps_.observer.checked(event);
  if (!found.is_believed()) {
    deps_.observer.answered_stale({r.id, what.why, r.wanted.generation});
  }
}

std::uint32_t result_reporter::failed(const call& what, const fetched& got) {
  const std::uint32_t slot = what.who.slot;
  const failure& error = *what.error;
  const steady_time now = deps_.time.now();
  const auto trouble = fleet_.troubles.find(slot);
  const bool is_new = trouble == fleet_.troubles.end() || trouble->second.kind != error.kind;
  const std::uint32_t failures = note_trouble(slot, error);
  check_event event = event_of(what, got, result_of(error.kind));
  event.error_is_new = is_new;
  event.whose = what.whose;
  deps_.observer.checked(event);
  record& r = fleet_.book.at(slot);
  note_state(r, error.kind);
  fleet_.refresh(r, now);
  return failures;
}

std::uint32_t result_reporter::broke_off(std::uint32_t slot, const failure& fault) {
  const std::uint32_t failures = note_trouble(slot, fault);
  record& r = fleet_.book.at(slot);
  if (is_well(r)) r.state = workspace_state::stale;
  fleet_.refresh(r, deps_.time.now());
  return failures;
}

std::uint32_t result_reporter::note_trouble(std::uint32_t slot, const failure& error) {
  source_trouble& trouble = fleet_.troubles[slot];
  if (trouble.consecutive == 0) trouble.since = deps_.time.now();
  trouble.sentence = error.sentence;
  trouble.kind = error.kind;
  return ++trouble.consecutive;
}

void result_reporter::note_state(record& r, failure_kind why) {
  if (why == failure_kind::gone) {
    if (std::exchange(r.state, workspace_state::gone) != workspace_state::gone) denials_.denied();
  } else if (why == failure_kind::denied) {
    const workspace_state before = std::exchange(r.state, workspace_state::denied);
    if (before != workspace_state::denied) denials_.denied();
  } else if (is_well(r)) {
    // What is gone, denied or never seen stays so: nothing was said about it.
    r.state = workspace_state::stale;
  }
}

bool result_reporter::note_unreadable(std::uint32_t slot, const observation& answer) {
  if (answer.rotated_at_unreadable) return unreadable_.insert(slot).second;
  unreadable_.erase(slot);
  return false;
}

check_event result_reporter::event_of(const call& what, const fetched& got, poll_result how) {
  check_event event;
  event.workspace = what.id;
  event.why = what.why;
  event.how = how;
  event.lag = std::max(nanoseconds{0}, nanoseconds{what.asked - what.due});
  event.duration = got.answered - got.asked;
  event.clock_skew = got.clock_skew;
  event.error = what.error ? &*what.error : nullptr;
  if (got.what && !got.what->same_bytes) {
    event.rotated_at_unreadable = got.what->rotated_at_unreadable;
    event.rotated_at_unreadable_is_new = note_unreadable(what.who.slot, *got.what);
  }
  return event;
}

}  // namespace tokensyncd::sync
