#include "daemon/sync/fetching/steps/upstream_reporter.hpp"

namespace tokensyncd::sync {

upstream_reporter::upstream_reporter(dependencies deps, fleet& all, dispatcher& plan,
                                     event_tracker& events, call_watch& watch)
    : deps_(deps), fleet_(all), dispatcher_(plan), event_tracker_(events), watch_(watch) {}

void upstream_reporter::report(call& what, const fetched& got) {
  const upstream_state before = dispatcher_.api().state();
  const steady_time now = got.answered;
  const failure* error = what.error ? &*what.error : nullptr;
  const upstream::outcome outcome{what.who.slot, error, got.asked, got.retry_after,
                                  fleet_.book.by_id().size()};
  const blame whose = dispatcher_.api().answered(outcome, now, deps_.rng.fraction());
  const auto standing = dispatcher_.api().standing_of(what.who.slot);
  const bool may_be_everybodys =
      whose == blame::workspace && standing == upstream::standing::suspect;
  what.whose = may_be_everybodys ? blame::undecided : whose;
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
}

/// Those that failed in an outage are asked again at its end, as if they had not been asked.
void upstream_reporter::release() {
  for (const std::uint32_t slot : dispatcher_.api().take_released()) {
    const record& r = fleet_.book.at(slot);
    if (r.check.at != stage::in_flight) ask_again(slot, r.check.why);
  }
  watch_.outage_ended();
}

void upstream_reporter::ask_again(std::uint32_t slot, trigger why) {
  dispatcher_.pardon(slot);
  const bool is_well = fleet_.all_in_sync(fleet_.book.at(slot));
  priority rank = is_well ? priority::poll : priority::out_of_sync;
  if (event_tracker_.is_open(slot)) rank = priority::event;
  dispatcher_.make_due(slot, rank, why, deps_.time.now());
}

}  // namespace tokensyncd::sync
