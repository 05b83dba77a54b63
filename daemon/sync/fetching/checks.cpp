#include "daemon/sync/fetching/checks.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/erase_unordered.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {
checks::checks(dependencies deps, fleet& all, dispatcher& plan, delivery& out,
               event_tracker& events, bool patient)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      delivery_(out),
      event_tracker_(events),
      patient_(patient),
      call_watch_(deps.time.make_sleeper()) {}

void checks::configure(std::shared_ptr<source> from, unsigned workers, double jitter) {
  source_ = std::move(from);
  workers_ = std::max(1U, workers);
  jitter_ = jitter;
  for (sleeper* each : idle_) each->wake();
}

void checks::forget(std::uint32_t slot) {
  disputes_.forget(slot);
  unreadable_.erase(slot);
  event_tracker_.forget(slot, deps_.time.now());
  orders_.changed();
}

void checks::remember_doubt(std::uint32_t slot) {
  record& r = fleet_.book.at(slot);
  if (r.unsure == doubt::none && event_tracker_.is_open(slot)) r.unsure = doubt::announced;
}

void checks::wake() {
  if (watcher_ != nullptr) {
    if (dispatcher_.next_action(deps_.time.now()) < watched_until_) watcher_->wake();
  } else if (!idle_.empty()) {
    idle_.back()->wake();
  } else {
    look_at_calls_if_busy();
  }
}

task<> checks::wait_for_work(sleeper& me) {
  const bool watches = watcher_ == nullptr;
  steady_time until = steady_time::max();
  if (watches) {
    watcher_ = &me;
    until = watched_until_ = dispatcher_.next_action(deps_.time.now());
  }
  idle_.push_back(&me);
  auto leave = [this, watches, &me] {
    std::erase(idle_, &me);
    if (watches) watcher_ = nullptr;
  };
  const on_exit left{leave};
  co_await me.sleep_until(until);
}

void checks::staff(task_group& crew, const supervisor& watched) {
  crew_ = &crew;
  for (unsigned missing = workers_ - std::min(workers_, running_); missing > 0; --missing) {
    const auto me = std::make_shared<worker>();
    auto life = [this, me] { return work(me); };
    me->id = crew.start(watched(life));
  }
  if (watches_calls_) return;
  auto life = [this] { return watch_calls(); };
  crew.start(watched(life));
}

task<> checks::work(std::shared_ptr<const worker> me) {
  ++running_;
  auto leave = [this] { --running_; };
  const on_exit left{leave};
  const auto turn = deps_.time.make_sleeper();
  while (running_ <= workers_ && !stopping_) {
    const steady_time now = deps_.time.now();
    const auto who = dispatcher_.take(now);
    if (!who) {
      co_await wait_for_work(*turn);
      continue;
    }
    wake();  // whoever is idle takes the next one, or the timer
    std::exception_ptr thrown;
    try {
      co_await attend(*who, *me, now);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (!thrown) continue;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(thrown);
    // A rotation may not be cancelled, and has left that behind.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    broke_off(*who, fault_of("a check", thrown));
  }
}

task<> checks::attend(handle who, const worker& me, steady_time now) {
  auto order = order_for(who);
  if (order && rotating_ >= most_rotations()) {
    hold_back(who);
    order = nullptr;
  }
  return order ? rotate(std::move(order)) : check(who, me, now);
}

task<> checks::check(handle who, const worker& me, steady_time now) {
  record& r = fleet_.book.at(who.slot);
  call what{who, r.id, r.why, r.due, now, r.timed_out, {}};
  what.by = &me;
  r.last_attempt = to_unix_seconds(deps_.time.wall());
  event_tracker_.asked(who.slot, what.asked);

  const body_digest accepted = r.accepted;
  const bool same_bytes_suffice = r.has_accepted && r.seen && fleet_.all_in_sync(r);
  const question asked{what.id, same_bytes_suffice ? &accepted : nullptr};
  const std::shared_ptr<source> from = source_;

  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit gave_up{give_up};
  std::optional<fetched> answer;
  {
    auto end = [this, &what] { erase_unordered(calls_, &what); };
    const on_exit ended{end};
    calls_.push_back(&what);
    look_at_calls_if_busy();
    try {
      answer = co_await from->fetch(asked);
    } catch (const boost::system::system_error&) {
      if (!what.given_up || stopping_) throw;
    }
  }
  gave_up.dismiss();
  if (what.given_up && !stopping_) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }
  if (!answer) answer = not_waited_for(what);
  fetched& got = *answer;
  if (!got.what) what.error = got.what.error();

  const blame whose = tell_upstream(what, got);
  if (fleet_.book.get(who) == nullptr) {
    dispatcher_.finished_for_nobody(what.was_slow);
    wake();
    co_return;
  }
  if (got.what) {
    dispatcher_.waits().answered(got.answered - got.asked);
    if (got.what->same_bytes) {
      found_the_same(what, got);
    } else {
      co_await apply_response(what, got);
    }
  } else {
    fail(what, got);
  }
  const bool answered = got.what.has_value();
  if (answered && is_unsure_no_more(who)) co_await note_unsure(who, doubt::none);
  after_check(what, answered, whose);
  let_next_rotate();
  wake();
}

/// As nearly every check does.
void checks::found_the_same(const call& what, const fetched& got) {
  disputes_.confirms(what.who.slot, got.answered);
  answered(fleet_.book.at(what.who.slot), what.who.slot, got.answered);
  tell(what, got, poll_result::unchanged);
  reschedule(what.who.slot, false, got.answered);
}

task<> checks::apply_response(const call& what, fetched& got) {
  record& r = fleet_.book.at(what.who.slot);
  observation& answer = *got.what;
  const observed_token seen{deps_.prints.of(answer.token.reveal()), answer.rotated_at, got.asked,
                            what.is_order, answer.rotated_at_unreadable};
  const auto length = static_cast<std::uint16_t>(answer.token.size());
  const bool length_is_new = fleet_.history.token_lengths.add(length);
  const change_kind how = compare_with_known(r, what, seen);
  answered(r, what.who.slot, got.answered);
  if (how == change_kind::stale || how == change_kind::doubtful) {
    tell(what, got, poll_result::stale);
    repeat_stale(r, what);
    co_return;
  }
  r.accepted = answer.body;
  r.has_accepted = true;
  r.seen = true;
  if (how == change_kind::same) {
    tell(what, got, poll_result::unchanged);
    deliver(r, what, std::move(answer.token), false);
  } else {
    tell(what, got, poll_result::changed);
    co_await record_revision(what, got, seen, how, length_is_new);
  }
  const bool news = how != change_kind::same && how != change_kind::filled_in;
  if (fleet_.book.get(what.who) != nullptr) {
    reschedule(what.who.slot, news, deps_.time.now());
  } else {
    dispatcher_.finished_for_nobody(what.was_slow);
  }
  // Of a state from before lengths were remembered.
  if (length_is_new && how == change_kind::same) co_await remember_length(length);
}

task<> checks::remember_length(std::uint16_t bytes) {
  std::vector<change> changes;
  changes.emplace_back(seen_length{bytes});
  co_await save_or_tell(deps_, std::move(changes));
}

task<> checks::record_revision(const call& what, fetched& got, const observed_token& seen,
                               change_kind how, bool length_is_new) {
  const bool new_token = how == change_kind::first || how == change_kind::rotated;
  const bool rotation = how == change_kind::rotated || how == change_kind::touched;
  const record& known = fleet_.book.at(what.who.slot);
  const revision before = known.wanted;
  const wall_time before_since = to_stored(known, deps_.time).known_since;
  const revision next = apply(before, seen, how);

  stored_workspace row = to_stored(known, deps_.time);
  row.wanted = next;
  if (how != change_kind::filled_in) row.known_since = deps_.time.wall();
  if (how == change_kind::rotated) {
    row.previous = before.token;
    // Known to be old from here on, whatever becomes of the save.
    fleet_.history.past.replaced(what.who.slot, before.token, before_since, next.token,
                                 deps_.time.wall(), what.is_order);
    row.formers = fleet_.history.past.of(what.who.slot);
  }
  const wall_time known_since = row.known_since;
  std::vector<change> changes;
  changes.emplace_back(std::move(row));
  if (length_is_new) {
    changes.emplace_back(seen_length{static_cast<std::uint16_t>(got.what->token.size())});
  }
  co_await save_or_tell(deps_, std::move(changes));
  const wall_time stored = deps_.time.wall();

  record* r = fleet_.book.get(what.who);
  if (r == nullptr) co_return;
  if (how == change_kind::rotated) {
    r->previous = before.token;
    r->has_previous = true;
  }
  r->wanted = next;
  fleet_.history.newest.add(next.token);
  if (how != change_kind::filled_in) r->known_since = got.answered;
  for (std::size_t k = 0; k < fleet_.sinks_of(*r); ++k) {
    presence& p = fleet_.presence_of(*r, k);
    if (new_token) p.holds_token = false;
  }
  if (rotation) {
    ++fleet_.history.rotations[what.who.slot][static_cast<std::size_t>(what.why)];
    event_tracker_.rotated(what.who.slot, what.why, got.asked, got.answered);
  }

  revision_event event{what.id, what.why, r->wanted, before};
  event.rotated_at_filled_in = how == change_kind::filled_in;
  event.times = times_of(what, got, stored);
  event.rotated_at_went_back = how == change_kind::rotated && next.rotated_at &&
                               before.rotated_at && *next.rotated_at < *before.rotated_at;
  deps_.observer.revised(event);
  if (rotation) {
    fleet_.history.latest.rotated(what.who.slot, event);
    fleet_.history.seen_rotation(known_since);
  }
  deliver(*r, what, std::move(got.what->token), rotation);
}

void checks::deliver(record& r, const call& what, secret token, bool rotation) {
  fleet_.refresh(r, deps_.time.now());
  if (fleet_.all_in_sync(r) || (!rotation && delivery_.resume(what.who.slot))) return;
  pending_token out;
  out.workspace = r.id;
  out.what = r.wanted;
  out.token = std::move(token);
  out.why = what.why;
  out.is_rotation = rotation;
  if (r.has_previous) out.previous = r.previous;
  if (rotation && what.why != trigger::startup) {
    out.rotated = is_before_all(r.wanted.rotated_at)
                      ? deps_.time.wall()
                      : r.wanted.rotated_at.value_or(deps_.time.wall());
  }
  delivery_.submit(what.who.slot, std::move(out));
}

}  // namespace tokensyncd::sync
