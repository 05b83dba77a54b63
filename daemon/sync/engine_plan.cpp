#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

std::vector<handle> engine::core::handles_of(const std::vector<std::string>& only) const {
  std::vector<handle> who;
  if (only.empty()) {
    for (const std::uint32_t slot : all.book.by_id()) who.push_back(all.book.handle_of(slot));
  }
  for (const auto& id : only) {
    if (const auto slot = all.book.find(id)) who.push_back(all.book.handle_of(*slot));
  }
  return who;
}

task<std::vector<planned>> engine::core::plan(std::vector<std::string> only) {
  const std::vector<handle> who = handles_of(only);
  std::vector<planned> lines;
  const auto turn = deps_.time.make_sleeper();
  for (const handle each : who) co_await plan_one(each, *turn, lines);
  co_return lines;
}

failure engine::core::paused() const {
  return {failure_kind::throttled,
          "the Partner API is paused after a throttle or an outage: see status"};
}

task<fetched> engine::core::ask_for_plan(handle who, const std::string& id, sleeper& turn) {
  waiting_set me{};
  me[index_of(priority::poll)] = true;
  while (!dispatcher_.calls().turn(me, deps_.time.now())) {
    co_await turn.sleep_until(dispatcher_.calls().next_turn(me, deps_.time.now()));
  }
  if (!dispatcher_.api().may_ask(deps_.time.now())) {
    co_return fetched{paused()};
  }
  co_return co_await checks_.ask_aside(who, id);
}

task<place_state> engine::core::look_at(handle who, std::size_t k) {
  const record& r = all.book.at(who.slot);
  const presence& p = all.presence_of(r, k);
  if (p.drifted) co_return place_state::drifted;
  if (p.generation == 0) co_return place_state::as_recorded;
  const auto profiles = all.profiles;  // whose labels the target refers to
  const std::string id = r.id;
  const std::shared_ptr<sync::sink> writer = all.channel_of(r, k).what.writer;
  const target whom{id, (*profiles)[r.profile].workspace_labels};
  std::vector<inspection> place;
  place.push_back(inspection{whom, p.sign});
  co_await writer->inspect(place);
  co_return place.front().seen;
}

task<> engine::core::plan_one(handle who, sleeper& turn, std::vector<planned>& out) {
  const record* r = all.book.get(who);
  if (r == nullptr) co_return;
  const std::string id = r->id;
  const bool known = r->wanted.generation != 0;
  fetched got{failure{failure_kind::cancelled, {}}};
  if (known) got = co_await ask_for_plan(who, id, turn);

  // A reload may take the workspace, or one of its sinks, away at each wait.
  for (std::size_t k = 0; (r = all.book.get(who)) != nullptr && k < all.sinks_of(*r); ++k) {
    planned line;
    line.workspace = id;
    line.sink = all.channel_of(*r, k).what.name;
    const presence& p = all.presence_of(*r, k);
    if (p.generation != 0 && p.holds_token) line.there = r->wanted.token;
    if (!known) {
      line.what = planned::action::not_seen_yet;
    } else if (!got.what) {
      line.what = planned::action::unknown;
      line.why = got.what.error().sentence;
    } else {
      line.wanted = deps_.prints.of(got.what->token.reveal());
      const place_state seen = co_await look_at(who, k);
      if (line.there != line.wanted) {
        line.what = planned::action::write;
      } else if (seen == place_state::drifted) {
        line.what = planned::action::repair;
      } else if (seen == place_state::unknown) {
        line.what = planned::action::unknown;
        line.why = "the sink cannot be inspected now: see status and the log";
      }
    }
    out.push_back(std::move(line));
  }
}

}  // namespace tokensyncd::sync
