#include "daemon/sync/delivery/drift.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/backoff.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t places_a_job = 256;
constexpr std::chrono::milliseconds nobody_uses_it = std::chrono::hours{1};
constexpr std::chrono::milliseconds shortest_pause{1'000};
constexpr std::chrono::seconds longest_wait{2};
constexpr backoff between_retries{std::chrono::seconds{30}, nobody_uses_it};

}  // namespace

drift::drift(dependencies deps, fleet& all, dispatcher& plan, checks& loop, delivery& out)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      checks_(loop),
      delivery_(out),
      first_look_over_(deps.time.make_sleeper()) {}

task<> drift::watch(std::shared_ptr<sink_channel> l) {
  const bool is_waited_for = l->is_quick_to_look_at();
  bool saw_all = co_await look(l);
  unsigned in_vain = saw_all ? 0 : 1;  // looks in a row that didn't see everything
  first_looks_ += is_waited_for ? 1 : 0;
  first_look_over_->wake();

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
  for (const auto& l : fleet_.channels) look_now(*l);
}

void drift::look_now(sink_channel& l) {
  l.look_now = true;
  l.look->wake();
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
task<> drift::inspect(const sink_channel& l, sink& writer, std::vector<inspection>& places) {
  auto attempt = with_result(writer.inspect(places));
  const auto how = co_await contained_and_told(deps_.observer, "a look at sink " + l.what.name,
                                               std::move(attempt));
  if (how) co_return;
  for (inspection& each : places) each.seen = place_state::unknown;
}

task<bool> drift::look(std::shared_ptr<sink_channel> l) {
  std::string after;
  bool saw_all = true;
  for (;;) {
    const auto profiles = fleet_.profiles;
    const auto writer = l->what.writer;
    std::vector<std::string> ids;
    std::vector<handle> who;
    std::vector<std::pair<std::uint32_t, presence>> what;

    const auto slots = fleet_.book.by_id();
    std::size_t position = fleet_.book.position_after(after);
    for (; position < slots.size() && ids.size() < places_a_job; ++position) {
      const record& r = fleet_.book.at(slots[position]);
      after = r.id;
      const auto index = fleet_.presence_in(r, *l);
      if (!index) continue;
      const presence& p = fleet_.book.presence_at(*index);
      if (p.generation == 0 || p.drifted) continue;
      ids.push_back(r.id);
      who.push_back(fleet_.book.handle_of(slots[position]));
      what.emplace_back(r.profile, p);
    }
    const bool last = position == slots.size();

    std::vector<inspection> places;
    places.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const target whom{ids[i], (*profiles)[what[i].first].workspace_labels};
      places.push_back(inspection{whom, what[i].second.sign, what[i].second.generation});
    }
    if (!places.empty()) co_await inspect(*l, *writer, places);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i].seen == place_state::unknown || l->what.writer != writer) continue;
      const record* r = fleet_.book.get(who[i]);
      const auto index = r == nullptr ? std::nullopt : fleet_.presence_in(*r, *l);
      if (!index) continue;
      presence& p = fleet_.book.presence_at(*index);
      // What a delivery is at may be right by now, or be written at this moment.
      const bool as_it_was =
          p.sign == places[i].sign && !l->under_way.contains({writer.get(), ids[i]});
      if (places[i].seen == place_state::as_recorded) {
        if (as_it_was) p.once_in_sync = p.once_in_sync || fleet::in_sync(*r, p);
      } else if (as_it_was) {
        found(*l, who[i]);
      } else {
        saw_all = false;  // delivered while this looked: what is there now wasn't seen
      }
    }
    const auto unseen = std::ranges::count(places, place_state::unknown, &inspection::seen);
    saw_all = saw_all && unseen == 0;
    const bool saw_none = unseen != 0 && static_cast<std::size_t>(unseen) == places.size();
    if (last || saw_none) co_return saw_all;
  }
}

void drift::found(sink_channel& l, handle who) {
  record& r = fleet_.book.at(who.slot);
  presence& p = fleet_.book.presence_at(*fleet_.presence_in(r, l));
  p.drifted = true;
  fleet_.refresh(r, deps_.time.now());
  deps_.observer.drifted(r.id, l.what.name);
  if (delivery_.resume(who.slot)) return;  // the token is at hand, on its way to another sink
  dispatcher_.make_due(who.slot, priority::out_of_sync, r.seen ? trigger::poll : trigger::startup,
                       deps_.time.now());
  checks_.wake();
}

}  // namespace tokensyncd::sync
