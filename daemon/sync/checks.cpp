#include "daemon/sync/checks.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds first_chase = 250ms;
constexpr milliseconds believed_after = 60s;
constexpr milliseconds quick_retry = 1s;
constexpr milliseconds longest_impatience = 15s;

poll_result result_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::throttled:
    case failure_kind::edge_refused:
      return poll_result::throttled;
    case failure_kind::bad_signature:
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

/// Runs `end` unless dismissed: for what must happen when a coroutine is cancelled inside an await.
template <class End>
class on_exit {
 public:
  explicit on_exit(End end) : end_(std::move(end)) {}
  ~on_exit() {
    if (armed_) end_();
  }
  on_exit(const on_exit&) = delete;
  on_exit& operator=(const on_exit&) = delete;
  void dismiss() noexcept { armed_ = false; }

 private:
  End end_;
  bool armed_ = true;
};

}  // namespace

checks::checks(engine_world world, workplace& all, agenda& plan, delivery& out, bool patient)
    : world_(world), fleet_(all), agenda_(plan), delivery_(out), patient_(patient) {}

void checks::configure(std::shared_ptr<source> from, unsigned workers, double jitter) {
  source_ = std::move(from);
  workers_ = std::max(1U, workers);
  jitter_ = jitter;
  for (sleeper* each : idle_) each->wake();
}

void checks::wake() {
  if (watcher_ != nullptr) {
    if (agenda_.next_action(world_.time.now()) < watched_until_) watcher_->wake();
  } else if (!idle_.empty()) {
    idle_.back()->wake();
  }
}

task<> checks::wait_for_work(sleeper& me) {
  const bool watches = watcher_ == nullptr;
  steady_time until = steady_time::max();
  if (watches) {
    watcher_ = &me;
    until = watched_until_ = agenda_.next_action(world_.time.now());
  }
  idle_.push_back(&me);
  auto leave = [this, watches, &me] {
    std::erase(idle_, &me);
    if (watches) watcher_ = nullptr;
  };
  const on_exit left{leave};
  co_await me.sleep_until(until);
}

task<> checks::work() {
  ++running_;
  auto leave = [this] { --running_; };
  const on_exit left{leave};
  const auto me = world_.time.make_sleeper();
  while (running_ <= workers_) {
    const auto who = agenda_.take(world_.time.now());
    if (!who) {
      co_await wait_for_work(*me);
      continue;
    }
    wake();  // whoever is idle takes the next one, or the timer
    co_await check(*who);
  }
}

task<> checks::check(handle who) {
  record& r = fleet_.book.at(who.slot);
  call what{who, r.id, r.why, r.due, world_.time.now(), r.timed_out, {}};
  r.last_attempt = to_unix_seconds(world_.time.wall());

  const body_digest accepted = r.accepted;
  const bool same_bytes_suffice = r.has_accepted && r.seen && fleet_.all_in_sync(r);
  const question asked{what.id, same_bytes_suffice ? &accepted : nullptr};
  const std::shared_ptr<source> from = source_;

  auto give_up = [this, &what] {
    agenda_.api().abandoned();
    agenda_.finished_for_nobody(what.was_slow);
  };
  on_exit given_up{give_up};
  fetched got = co_await from->fetch(asked);
  given_up.dismiss();
  if (!got.what) what.error = got.what.error();

  const blame whose = tell_upstream(what, got);
  if (fleet_.book.get(who) == nullptr) {
    agenda_.finished_for_nobody(what.was_slow);
    wake();
    co_return;
  }
  if (got.what) {
    co_await believe(what, got);
  } else {
    fail(what, got, whose);
  }
  wake();
}

blame checks::tell_upstream(const call& what, const fetched& got) {
  const upstream_state before = agenda_.api().state();
  const steady_time now = world_.time.now();
  const failure* error = what.error ? &*what.error : nullptr;
  const upstream::outcome outcome{what.who.slot, error, got.asked, got.retry_after};
  const blame whose = agenda_.api().answered(outcome, now, world_.chance.fraction());
  clock_skew_ = got.clock_skew;

  const bool throttle_began = agenda_.api().throttle_began();
  if (throttle_began) agenda_.calls().slow_down(now);
  if (before != agenda_.api().state() || throttle_began) {
    upstream_event event;
    event.now = agenda_.api().state();
    if (event.now != upstream_state::normal) {
      const auto wait = agenda_.api().opens_at() - now;
      event.until =
          world_.time.wall() + std::chrono::duration_cast<std::chrono::microseconds>(wait);
    }
    event.rate_per_second = agenda_.calls().rate(now);
    event.error = error;
    world_.observer.upstream_changed(event);
  }
  return whose;
}

task<> checks::believe(const call& what, fetched& got) {
  record& r = fleet_.book.at(what.who.slot);
  observation& answer = *got.what;
  if (answer.same_bytes) {
    r.last_success = to_unix_seconds(world_.time.wall());
    r.state = workspace_state::ok;
    fleet_.troubles.erase(what.who.slot);
    tell(what, got, poll_result::unchanged);
    reschedule(what.who.slot);
    co_return;
  }

  const sighting seen{world_.prints.of(answer.token.reveal()), answer.rotated_at, got.asked};
  const auto chased = chases_.find(what.who.slot);
  const bool believed = chased != chases_.end() && chased->second.token == seen.token &&
                        world_.time.now() - chased->second.since >= believed_after;
  const knowledge known{r.wanted, r.has_previous ? std::optional(r.previous) : std::nullopt,
                        r.known_since};
  const verdict how = compare(known, seen, believed);
  r.last_success = to_unix_seconds(world_.time.wall());
  r.state = workspace_state::ok;
  fleet_.troubles.erase(what.who.slot);

  if (how == verdict::stale) {
    tell(what, got, poll_result::stale);
    repeat_stale(r, what, seen);
    co_return;
  }
  chases_.erase(what.who.slot);
  r.accepted = answer.body;
  r.has_accepted = true;
  r.seen = true;
  if (how == verdict::same) {
    tell(what, got, poll_result::unchanged);
    deliver(r, what, std::move(answer.token), false);
  } else {
    tell(what, got, poll_result::changed);
    co_await take_over(what, got, seen, how);
  }
  if (fleet_.book.get(what.who) != nullptr) reschedule(what.who.slot);
}

task<> checks::take_over(const call& what, fetched& got, const sighting& seen, verdict how) {
  const bool new_token = how == verdict::first || how == verdict::rotated;
  const bool rotation = how == verdict::rotated || how == verdict::touched;
  const record& known = fleet_.book.at(what.who.slot);
  const revision before = known.wanted;
  const revision next = apply(before, seen, how);

  stored_workspace row = to_stored(known, world_.time);
  row.wanted = next;
  row.known_since = world_.time.wall();
  if (how == verdict::rotated) row.previous = before.token;
  std::vector<change> changes;
  changes.emplace_back(std::move(row));
  const auto saved = co_await world_.memory.save(std::move(changes));
  if (!saved) world_.observer.state_failed(saved.error());

  record* r = fleet_.book.get(what.who);
  if (r == nullptr) co_return;
  if (how == verdict::rotated) {
    r->previous = before.token;
    r->has_previous = true;
  }
  r->wanted = next;
  if (how != verdict::filled_in) r->known_since = got.answered;
  for (std::size_t k = 0; k < fleet_.sinks_of(*r); ++k) {
    presence& p = fleet_.presence_of(*r, k);
    if (new_token) p.holds_token = false;
  }
  if (rotation) ++fleet_.rotations[what.who.slot][static_cast<std::size_t>(what.why)];

  revision_event event{what.id, what.why, r->wanted, before};
  event.rotated_at_filled_in = how == verdict::filled_in;
  event.rotated_at_went_back = how == verdict::rotated && next.rotated_at && before.rotated_at &&
                               *next.rotated_at < *before.rotated_at;
  world_.observer.revised(event);
  deliver(*r, what, std::move(got.what->token), rotation);
}

void checks::deliver(record& r, const call& what, secret token, bool rotation) {
  fleet_.refresh(r, world_.time.now());
  if (fleet_.all_in_sync(r) || (!rotation && delivery_.holds(what.who.slot))) return;
  parcel out;
  out.workspace = r.id;
  out.labels = fleet_.profile_of(r).workspace_labels;
  out.what = r.wanted;
  out.token = std::move(token);
  if (r.has_previous) out.previous = r.previous;
  if (rotation && what.why != trigger::startup) {
    out.rotated = r.wanted.rotated_at.value_or(world_.time.wall());
  }
  delivery_.offer(what.who.slot, std::move(out));
}

void checks::repeat_stale(record& r, const call& what, const sighting& seen) {
  const steady_time now = world_.time.now();
  world_.observer.answered_stale({r.id, what.why, r.wanted.generation});
  auto& chased = chases_[what.who.slot];
  if (chased.step == 0 || chased.token != seen.token) chased = chase{seen.token, now, 0};
  const steady_time again = now + first_chase * (1U << std::min(chased.step++, 7U));
  fleet_.refresh(r, now);
  agenda_.finished(what.who.slot, false);
  if (r.dirty) {
    agenda_.make_due(what.who.slot, r.hurry, r.why, now);
  } else {
    agenda_.put(what.who.slot, again, urgency::out_of_sync);
  }
}

void checks::reschedule(std::uint32_t slot) {
  record& r = fleet_.book.at(slot);
  agenda_.finished(slot, false);
  if (r.dirty) {
    agenda_.make_due(slot, r.hurry, r.why, world_.time.now());
    return;
  }
  r.why = trigger::poll;
  agenda_.put(slot, next_check_of(r), urgency::poll);
}

steady_time checks::next_check_of(const record& r) {
  const milliseconds interval = fleet_.profile_of(r).interval;
  return next_check(world_.time.now(), interval, phase_of(r.id, interval), jitter_,
                    2 * world_.chance.fraction() - 1);
}

void checks::fail(const call& what, const fetched& got, blame whose) {
  record& r = fleet_.book.at(what.who.slot);
  const failure& error = *what.error;
  const steady_time now = world_.time.now();
  agenda_.finished(what.who.slot, error.kind == failure_kind::timed_out);

  auto& trouble = fleet_.troubles[what.who.slot];
  const bool is_new = trouble.consecutive == 0 || trouble.kind != error.kind;
  trouble.sentence = error.sentence;
  trouble.kind = error.kind;
  ++trouble.consecutive;
  tell(what, got, result_of(error.kind), is_new);

  if (whose == blame::upstream) {
    // Still due: the agenda lets nobody ask until the API as a whole is there again.
    agenda_.make_due(what.who.slot, r.hurry, r.why, now);
    r.due = what.due;
    return;
  }
  if (error.kind == failure_kind::gone) {
    r.state = workspace_state::gone;
  } else if (error.kind == failure_kind::denied) {
    r.state = workspace_state::denied;
  } else {
    r.state = r.last_success == 0 ? workspace_state::never : workspace_state::stale;
  }
  fleet_.refresh(r, now);

  const bool may_pass = r.state == workspace_state::stale || r.state == workspace_state::never;
  const milliseconds soon =
      quick_retry + milliseconds{static_cast<int>(1000 * world_.chance.fraction())};
  if (r.dirty) {
    agenda_.make_due(what.who.slot, r.hurry, r.why, now);
  } else if (may_pass && trouble.consecutive == 1) {
    agenda_.put(what.who.slot, now + soon, urgency::retry);
  } else if (!patient_) {
    const auto wait =
        std::min(soon * (1U << std::min(trouble.consecutive, 5U)), longest_impatience);
    agenda_.put(what.who.slot, now + wait, urgency::retry);
  } else {
    agenda_.put(what.who.slot, next_check_of(r), urgency::poll);
  }
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
  world_.observer.checked(event);
}

}  // namespace tokensyncd::sync
