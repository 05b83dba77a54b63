// What one call means to others: the API as a whole, and those who wait for its connection.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fetching/checks.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// For a worker whose call was given up to take what waits.
constexpr milliseconds time_to_take_over = 20ms;

}  // namespace

task<fetched> checks::ask_aside(handle who, std::string id) {
  call what{who, std::move(id), trigger::command, {}, deps_.time.now(), false, {}};
  dispatcher_.calls().spend(priority::poll, what.asked);
  dispatcher_.api().asked(what.asked);
  const question asked{what.id, nullptr};
  const std::shared_ptr<source> from = source_;
  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit given_up{give_up};
  fetched got = co_await from->fetch(asked);
  given_up.dismiss();
  if (!got.what) what.error = got.what.error();
  tell_upstream(what, got);
  wake();
  co_return got;
}

blame checks::tell_upstream(const call& what, const fetched& got) {
  const upstream_state before = dispatcher_.api().state();
  const steady_time now = got.answered;
  const failure* error = what.error ? &*what.error : nullptr;
  const upstream::outcome outcome{what.who.slot, error, got.asked, got.retry_after,
                                  fleet_.book.by_id().size()};
  const blame whose = dispatcher_.api().answered(outcome, now, deps_.rng.fraction());
  clock_skew_ = got.clock_skew;

  // The first was paid when it was taken from the dispatcher.
  for (unsigned more = 1; more < got.calls; ++more) dispatcher_.calls().spend(priority::poll, now);

  const bool throttle_began = dispatcher_.api().throttle_began();
  if (throttle_began) dispatcher_.calls().slow_down(now);
  if (before != dispatcher_.api().state() || throttle_began) {
    upstream_event event;
    event.now = dispatcher_.api().state();
    if (event.now != upstream_state::normal) {
      const auto wait = dispatcher_.api().paused_until() - now;
      event.until = deps_.time.wall() + std::chrono::duration_cast<std::chrono::microseconds>(wait);
    }
    event.rate_per_second = dispatcher_.calls().rate(now);
    event.error = error;
    deps_.observer.upstream_changed(event);
    if (event.now == upstream_state::normal) release();
  }
  return whose;
}

/// Those that failed in an outage are asked again at its end, as if they had not been asked.
void checks::release() {
  for (const std::uint32_t slot : dispatcher_.api().take_released()) {
    if (fleet_.book.at(slot).at != stage::in_flight) ask_again(slot);
  }
  // What hangs since before the end would be known of late.
  for (call* each : calls_) each->is_from_outage = true;
  call_watch_->wake();
}

void checks::ask_again(std::uint32_t slot) {
  const record& r = fleet_.book.at(slot);
  dispatcher_.pardon(slot);
  priority rank = fleet_.all_in_sync(r) ? priority::poll : priority::out_of_sync;
  if (event_tracker_.is_open(slot)) rank = priority::event;
  dispatcher_.make_due(slot, rank, r.why, deps_.time.now());
}

void checks::give_up(call& what) {
  what.given_up = true;
  crew_->cancel(what.by->id);
}

/// A workspace that was throttled while others are answered waits alone.
void checks::leave_alone(const call& what) {
  const milliseconds pause = dispatcher_.api().own_pause();
  if (pause != 0ms) dispatcher_.pause(what.who.slot, deps_.time.now() + pause);
}

/// For how long an answer was waited for that didn't come; zero where one did.
milliseconds checks::in_vain(const fetched& got) {
  if (got.what || got.what.error().kind != failure_kind::timed_out) return {};
  return std::max(1ms, std::chrono::duration_cast<milliseconds>(got.answered - got.asked));
}

fetched checks::not_waited_for(const call& what) const {
  const steady_time now = deps_.time.now();
  const auto waited = std::chrono::duration_cast<milliseconds>(now - what.asked);
  fetched got{failure{failure_kind::timed_out,
                      "workspace " + what.id + ": the Partner API did not answer within " +
                          std::to_string(waited.count()) +
                          " ms, and other workspaces waited for the connection; tokensyncd asks "
                          "again with a longer time limit"}};
  got.asked = what.asked;
  got.answered = now;
  got.clock_skew = clock_skew_;
  return got;
}

/// Of the calls that may be given up, the one that takes longest already; null where there is none.
checks::call* checks::longest_call() const {
  call* longest = nullptr;
  for (call* each : calls_) {
    // A slow one may take its time, but for the only connection.
    const bool holds_up_others = all_are_busy() && (!each->was_slow || workers_ == 1);
    if (each->given_up || !(each->is_from_outage || holds_up_others)) continue;
    const auto rank = [](const call& one) { return std::pair(!one.is_from_outage, one.asked); };
    if (longest == nullptr || rank(*each) < rank(*longest)) longest = each;
  }
  return longest;
}

void checks::look_at_calls_if_busy() {
  // It sleeps until a call is overdue; but where somebody has begun to wait since, or all are busy
  // only since now, it doesn't know yet.
  if (all_are_busy() && calls_watched_until_ > overdue_at_) call_watch_->wake();
}

/// Calls that take long give their connection to somebody who waits: what hangs for one workspace
/// must not hold up the others.
task<> checks::watch_calls() {
  watches_calls_ = true;
  auto leave = [this] { watches_calls_ = false; };
  const on_exit left{leave};
  while (!stopping_) {
    const steady_time now = deps_.time.now();
    call* const longest = longest_call();
    overdue_at_ =
        longest == nullptr ? steady_time::min() : longest->asked + dispatcher_.waits().now();
    calls_watched_until_ = longest == nullptr ? steady_time::max() : overdue_at_;
    if (longest != nullptr && !longest->is_from_outage) {
      calls_watched_until_ = std::max(overdue_at_, dispatcher_.next_action(now));
    }
    if (calls_watched_until_ <= now) {
      calls_watched_until_ = overdue_at_ = now + time_to_take_over;
      const bool may_go_on = !longest->is_from_outage && fleet_.book.get(longest->who) != nullptr &&
                             dispatcher_.may_go_on(longest->who.slot);
      longest->was_slow = longest->was_slow || may_go_on;
      if (!may_go_on) give_up(*longest);
    }
    co_await call_watch_->sleep_until(calls_watched_until_);
  }
}

}  // namespace tokensyncd::sync
