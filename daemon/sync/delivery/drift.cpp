#include "daemon/sync/delivery/drift.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/backoff.hpp"
#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t places_a_job = 256;
constexpr std::chrono::milliseconds nobody_uses_it = std::chrono::hours{1};
constexpr std::chrono::milliseconds shortest_pause{1'000};
constexpr std::chrono::seconds longest_wait{2};
constexpr backoff between_retries{std::chrono::seconds{30}, nobody_uses_it};

}  // namespace

drift::drift(dependencies deps, fleet& all, dispatcher& plan, workers& crew, delivery& out)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      workers_(crew),
      delivery_(out),
      first_look_over_(deps.time.make_sleeper()) {}

task<> drift::watch(std::shared_ptr<sink_channel> l) {
  // The first look, for which a start waits where it is quick.
  const bool is_waited_for = l->is_quick_to_look_at();
  bool saw_all = co_await look(l);
  unsigned in_vain = saw_all ? 0 : 1;  // looks in a row that didn't see everything
  first_looks_ += is_waited_for ? 1 : 0;
  first_look_over_->wake();

  // Then at the sink's pace, or earlier after a look that couldn't see everything.
  steady_time last = deps_.time.now();
  while (!l->retired) {
    const auto retry = between_retries.after(in_vain);
    const steady_time next = last + (saw_all ? pause_of(*l) : std::min(retry, pause_of(*l)));
    if (!l->look_now && deps_.time.now() < next) {
      // A reload wakes this as well, as the pause may be another one then.
      co_await l->look->sleep_until(next);
      continue;
    }
    l->look_now = false;
    saw_all = co_await look(l);
    in_vain = saw_all ? 0 : in_vain + 1;
    last = deps_.time.now();
  }
}

std::chrono::milliseconds drift::pause_of(const sink_channel& l) const {
  if (!l.is_quick_to_look_at()) return std::max(l.what.writer->inspect_interval(), shortest_pause);
  std::chrono::milliseconds shortest = nobody_uses_it;
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    if (fleet_.presence_in(r, l)) shortest = std::min(shortest, fleet_.profile_of(r).interval);
  }
  return std::max(shortest, shortest_pause);
}

void drift::look_now() {
  for (const auto& l : fleet_.channels) l->ask_for_look();
}

task<> drift::first_looks() {
  const auto how_many = static_cast<std::size_t>(
      std::count_if(fleet_.channels.begin(), fleet_.channels.end(),
                    [](const auto& l) { return l->is_quick_to_look_at(); }));
  const steady_time last = deps_.time.now() + longest_wait;
  while (first_looks_ < how_many && deps_.time.now() < last) {
    co_await first_look_over_->sleep_until(last);
  }
}

/// Where the sink throws, nothing was seen.
task<> drift::inspect(const sink_channel& l, sink& writer, std::vector<inspection>& destinations) {
  auto attempt = with_result(writer.inspect(destinations));
  const auto how = co_await contained_and_reported(deps_.observer, "a look at sink " + l.what.name,
                                                   std::move(attempt));
  if (how) co_return;
  for (inspection& each : destinations) each.seen = destination_state::unknown;
}

task<bool> drift::look(std::shared_ptr<sink_channel> l) {
  std::string after;
  bool saw_all = true;
  for (;;) {
    // One job at a time, so that a look at many places doesn't hold up the loop.
    const batch about = next_batch(*l, after);
    after = about.last_id;
    std::vector<inspection> destinations = questions_about(about);
    if (!destinations.empty()) co_await inspect(*l, *about.writer, destinations);
    const bool nothing_changed = apply(*l, about, destinations);

    // A sink that can't look at any of many places is down: the rest waits for the next look.
    const auto unseen =
        std::ranges::count(destinations, destination_state::unknown, &inspection::seen);
    saw_all = saw_all && nothing_changed && unseen == 0;
    const bool saw_none = unseen != 0 && static_cast<std::size_t>(unseen) == destinations.size();
    if (about.is_last || saw_none) co_return saw_all;
  }
}

drift::batch drift::next_batch(const sink_channel& l, std::string_view after) const {
  batch next{fleet_.profiles, l.what.writer};
  next.last_id = after;
  const auto slots = fleet_.book.by_id();
  std::size_t position = fleet_.book.position_after(after);
  for (; position < slots.size() && next.destinations.size() < places_a_job; ++position) {
    const record& r = fleet_.book.at(slots[position]);
    next.last_id = r.id;
    const auto index = fleet_.presence_in(r, l);
    if (!index) continue;
    // Where nothing was delivered, or drift is known already, a look shows nothing new.
    const presence& p = fleet_.book.presence_at(*index);
    if (p.generation == 0 || p.drifted) continue;
    next.destinations.push_back(
        {r.id, fleet_.book.handle_of(slots[position]), r.entry.profile, p.tag, p.generation});
  }
  next.is_last = position == slots.size();
  return next;
}

std::vector<inspection> drift::questions_about(const batch& about) {
  std::vector<inspection> questions;
  questions.reserve(about.destinations.size());
  for (const recorded_destination& each : about.destinations) {
    const target whom{each.id, (*about.profiles)[each.profile].workspace_labels};
    questions.push_back(inspection{whom, each.tag, each.generation});
  }
  return questions;
}

bool drift::apply(sink_channel& l, const batch& about, const std::vector<inspection>& shown) {
  bool nothing_changed = true;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    // A reload may have replaced the sink or the workspace during the look.
    if (shown[i].seen == destination_state::unknown || l.what.writer != about.writer) continue;
    const recorded_destination& one = about.destinations[i];
    const record* r = fleet_.book.get(one.who);
    const auto index = r == nullptr ? std::nullopt : fleet_.presence_in(*r, l);
    if (!index) continue;

    // A delivery may have written the place during the look, or be about to.
    presence& p = fleet_.book.presence_at(*index);
    const bool as_it_was = p.tag == one.tag && !l.under_way.contains({about.writer.get(), one.id});
    if (shown[i].seen == destination_state::as_recorded) {
      if (as_it_was) fleet::note_in_sync(*r, p);
    } else if (as_it_was) {
      found(l, one.who);
    } else {
      nothing_changed = false;  // what is there now wasn't seen
    }
  }
  return nothing_changed;
}

void drift::found(sink_channel& l, handle who) {
  record& r = fleet_.book.at(who.slot);
  presence& p = fleet_.book.presence_at(*fleet_.presence_in(r, l));
  p.drifted = true;
  fleet_.refresh(r, deps_.time.now());
  deps_.observer.drifted(r.id, l.what.name);

  // It is written again: with the token that is at hand, or else with one that is fetched.
  if (delivery_.resume(who.slot)) return;  // on its way to another sink
  dispatcher_.make_due(who.slot, priority::out_of_sync,
                       r.token.seen ? trigger::poll : trigger::startup, deps_.time.now());
  workers_.wake();
}

}  // namespace tokensyncd::sync
