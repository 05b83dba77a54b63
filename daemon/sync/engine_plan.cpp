#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

task<std::vector<planned>> engine::core::plan(std::vector<std::string> only) {
  std::vector<handle> who;
  if (only.empty()) {
    for (const std::uint32_t slot : all.book.by_id()) who.push_back(all.book.handle_of(slot));
  }
  for (const auto& id : only) {
    if (const auto slot = all.book.find(id)) who.push_back(all.book.handle_of(*slot));
  }
  std::vector<planned> lines;
  const auto turn = world_.time.make_sleeper();
  for (const handle each : who) co_await plan_one(each, *turn, lines);
  co_return lines;
}

task<> engine::core::plan_one(handle who, sleeper& turn, std::vector<planned>& out) {
  const record* before = all.book.get(who);
  if (before == nullptr) co_return;
  const std::string id = before->id;
  fetched got{failure{failure_kind::cancelled, {}}};
  const bool known = before->wanted.generation != 0;
  if (known) {
    waiting_set me{};
    me[index_of(urgency::poll)] = true;
    while (!agenda_.calls().turn(me, world_.time.now())) {
      co_await turn.sleep_until(agenda_.calls().next_turn(me, world_.time.now()));
    }
    agenda_.calls().spend(urgency::poll, world_.time.now());
    const question asked{id, nullptr};
    const std::shared_ptr<source> from = checks_.asks();
    got = co_await from->fetch(asked);
  }

  const record* r = all.book.get(who);
  if (r == nullptr) co_return;
  for (std::size_t k = 0; k < all.sinks_of(*r); ++k) {
    const presence& p = all.presence_of(*r, k);
    planned line;
    line.workspace = id;
    line.sink = all.lane_of(*r, k).what.name;
    if (p.generation != 0 && p.holds_token) line.there = r->wanted.token;
    if (!known) {
      line.what = planned::action::not_seen_yet;
    } else if (!got.what) {
      line.what = planned::action::unknown;
      line.why = got.what.error().sentence;
    } else {
      line.wanted = world_.prints.of(got.what->token.reveal());
      if (line.there != line.wanted) {
        line.what = planned::action::write;
      } else if (p.drifted) {
        line.what = planned::action::repair;
      }
    }
    out.push_back(std::move(line));
  }
}

}  // namespace tokensyncd::sync
