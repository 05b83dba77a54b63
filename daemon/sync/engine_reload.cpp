#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

std::vector<std::shared_ptr<sink_lane>> engine::core::make_lanes(std::vector<engine_sink> sinks) {
  std::vector<std::shared_ptr<sink_lane>> lanes;
  for (auto& sink : sinks) {
    const auto same_name = [&sink](const auto& l) { return l->what.name == sink.name; };
    const auto found = std::find_if(all.lanes.begin(), all.lanes.end(), same_name);
    auto l = found != all.lanes.end() ? *found : std::make_shared<sink_lane>();
    if (l->sleep == nullptr) {
      l->sleep = world_.time.make_sleeper();
      l->look = world_.time.make_sleeper();
    }
    l->what = std::move(sink);
    lanes.push_back(std::move(l));
  }
  return lanes;
}

void engine::core::reload(engine_setup setup) {
  has_started_ = has_started_ || (askers_ && ready({}, {}).started);
  const auto old_profiles = all.profiles;
  const auto old_lanes = all.lanes;
  std::vector<engine_sink> old_sinks;
  for (const auto& l : old_lanes) old_sinks.push_back(l->what);

  all.lanes = make_lanes(std::move(setup.sinks));
  all.profiles =
      std::make_shared<const std::vector<config::workspace_profile>>(std::move(setup.profiles));
  auto merged = all.book.merge(std::move(setup.workspaces));
  succession heirs{all, merged, *old_profiles, old_sinks};
  heirs.carry_over();
  for (const std::uint32_t slot : heirs.moved) delivery_.forget(slot);
  std::vector<stored_workspace> gone = part_with(merged.removed, heirs.left);
  all.unsettled += merged.added.size();
  recall(merged.added);

  agenda_.set_limits(setup.rate_limit, setup.workers, world_.time.now());
  checker_ = std::move(setup.checker);
  verify_after_ = setup.verify_after;
  checks_.configure(std::move(setup.from), setup.workers, setup.jitter);
  refresh_all();
  if (!askers_) return;  // run() schedules everything when it begins

  exchange_lanes(old_lanes);
  reschedule(merged, *old_profiles);
  start_workers();
  checks_.wake();
  if (!heirs.left.empty() || !gone.empty()) {
    carriers_->start(retire(std::move(heirs.left), std::move(gone)));
  }
}

std::vector<stored_workspace> engine::core::part_with(const std::vector<std::uint32_t>& removed,
                                                      const std::vector<retired_place>& left) {
  std::vector<stored_workspace> gone;
  for (const std::uint32_t slot : removed) {
    const record& r = all.book.at(slot);
    if (r.wanted.generation != 0) {
      gone.push_back(to_stored(r, world_.time));
      gone.back().retired_at = world_.time.wall();
      history& kept = retired_[r.id];
      kept.what = gone.back();
      for (const auto& each : left) {
        if (each.workspace != r.id || each.removal == config::on_remove::erase) continue;
        kept.places.push_back(
            {each.place, r.id, each.generation, r.wanted.token, each.sign, world_.time.wall()});
      }
    }
    if (!r.settled) --all.unsettled;
    agenda_.remove(slot);
    agenda_.api().forget(slot);
    delivery_.forget(slot);
    checks_.forget(slot);
    all.troubles.erase(slot);
    all.refused.erase(slot);
    all.rotations.erase(slot);
  }
  all.book.drop(removed);
  return gone;
}

void engine::core::exchange_lanes(const std::vector<std::shared_ptr<sink_lane>>& old_lanes) {
  for (const auto& l : old_lanes) {
    l->retired = std::find(all.lanes.begin(), all.lanes.end(), l) == all.lanes.end();
    l->sleep->wake();
  }
  for (const auto& l : all.lanes) {
    if (std::find(old_lanes.begin(), old_lanes.end(), l) == old_lanes.end()) start_lane(l);
  }
}

void engine::core::reschedule(const ledger::merge_result& merged,
                              const std::vector<config::workspace_profile>& old_profiles) {
  const steady_time now = world_.time.now();
  for (const std::uint32_t slot : all.book.by_id()) {
    record& r = all.book.at(slot);
    const std::uint32_t former = merged.former_profile[slot];
    const bool stayed = former != ledger::no_profile;
    if (!stayed || !all.all_in_sync(r)) {
      r.due = now;
      if (!stayed || !delivery_.holds(slot)) agenda_.make_due(slot, all.hurry_of(r), r.why, now);
    } else if (r.at == stage::scheduled &&
               old_profiles[former].interval != all.profile_of(r).interval) {
      agenda_.put(slot, checks_.next_check_of(r), urgency::poll);
    }
  }
}

void engine::core::recall(const std::vector<std::uint32_t>& added) {
  for (const std::uint32_t slot : added) {
    const auto found = retired_.find(all.book.at(slot).id);
    if (found == retired_.end()) continue;
    const history past = std::move(found->second);
    retired_.erase(found);
    if (past.what.wanted.generation != 0) adopt(all.book.at(slot), past.what);
    for (const auto& place : past.places) adopt(place);
  }
}

void engine::core::refresh_all() {
  const steady_time now = world_.time.now();
  for (const std::uint32_t slot : all.book.by_id()) all.refresh(all.book.at(slot), now);
}

task<> engine::core::save(std::vector<change> changes) {
  if (changes.empty()) co_return;
  const auto saved = co_await world_.memory.save(std::move(changes));
  if (!saved) world_.observer.state_failed(saved.error());
}

task<> engine::core::retire(std::vector<retired_place> places, std::vector<stored_workspace> gone) {
  std::vector<change> left;
  for (auto& row : gone) left.emplace_back(std::move(row));
  // First, as later it could be older than what is known of a workspace that came back meanwhile.
  co_await save(std::move(left));

  std::vector<change> withdrawn;
  for (const auto& each : places) {
    if (each.generation == 0) continue;
    retirement_event event{each.workspace, each.sink_name, each.generation};
    std::optional<failure> why;
    const bool came_back = all.is_in_use(each.workspace, each.place);
    if (each.removal == config::on_remove::erase && !came_back) {
      const target whom{each.workspace, each.labels};
      const auto taken = co_await each.writer->withdraw(whom, each.sign);
      if (!taken) why = taken.error();
      event.withdrawn = !why;
      event.error = why ? &*why : nullptr;
      if (event.withdrawn) withdrawn.emplace_back(forgotten_presence{each.place});
    }
    world_.observer.retired(event);
  }
  co_await save(std::move(withdrawn));
}

}  // namespace tokensyncd::sync
