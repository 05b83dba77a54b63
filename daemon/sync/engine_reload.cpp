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
    if (l->sleep == nullptr) l->sleep = world_.time.make_sleeper();
    l->what = std::move(sink);
    lanes.push_back(std::move(l));
  }
  return lanes;
}

void engine::core::reload(engine_setup setup) {
  const auto old_profiles = all.profiles;
  const auto old_lanes = all.lanes;
  std::vector<engine_sink> old_sinks;
  for (const auto& l : old_lanes) old_sinks.push_back(l->what);

  all.lanes = make_lanes(std::move(setup.sinks));
  all.profiles =
      std::make_shared<const std::vector<config::workspace_profile>>(std::move(setup.profiles));
  auto merged = all.book.merge(std::move(setup.workspaces));
  std::vector<retired_place> left = carry_over(merged, *old_profiles, old_sinks);

  std::vector<stored_workspace> gone;
  for (const std::uint32_t slot : merged.removed) {
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
    all.rotations.erase(slot);
  }
  all.book.drop(merged.removed);
  all.unsettled += merged.added.size();
  recall(merged.added);

  const steady_time now = world_.time.now();
  agenda_.set_limits(setup.rate_limit, setup.workers, now);
  checks_.configure(std::move(setup.from), setup.workers, setup.jitter);
  refresh_all();
  if (!askers_) return;  // run() schedules everything when it begins

  for (const auto& l : old_lanes) {
    l->retired = std::find(all.lanes.begin(), all.lanes.end(), l) == all.lanes.end();
    l->sleep->wake();
  }
  for (const auto& l : all.lanes) {
    if (std::find(old_lanes.begin(), old_lanes.end(), l) == old_lanes.end()) start_lane(l);
  }
  for (const std::uint32_t slot : all.book.by_id()) {
    record& r = all.book.at(slot);
    const std::uint32_t former = merged.former_profile[slot];
    const bool stayed = former != ledger::no_profile;
    if (!stayed || !all.all_in_sync(r)) {
      r.due = now;
      if (!stayed || !delivery_.holds(slot)) agenda_.make_due(slot, all.hurry_of(r), r.why, now);
    } else if (r.at == stage::scheduled &&
               (*old_profiles)[former].interval != all.profile_of(r).interval) {
      agenda_.put(slot, checks_.next_check_of(r), urgency::poll);
    }
  }
  start_workers();
  checks_.wake();
  if (!left.empty() || !gone.empty()) carriers_->start(retire(std::move(left), std::move(gone)));
}

std::vector<engine::core::retired_place> engine::core::carry_over(
    const ledger::merge_result& merged, const std::vector<config::workspace_profile>& old_profiles,
    const std::vector<engine_sink>& old_sinks) {
  std::vector<retired_place> left;
  std::unordered_map<std::size_t, steady_time> out_since;
  std::size_t next_index = 0;

  // A place goes on under whatever sink of the new setup writes to it.
  auto old_place = [&](const record& r, const config::workspace_profile& profile, std::size_t j) {
    return old_sinks[profile.sinks[j]].writer->place(target{r.id, profile.workspace_labels});
  };
  auto retire_place = [&](const record& r, const config::workspace_profile& profile,
                          std::size_t j) {
    const engine_sink& sink = old_sinks[profile.sinks[j]];
    const presence& p = all.book.presence_at(r.first_presence + j);
    left.push_back({r.id, profile.workspace_labels, sink.name, old_place(r, profile, j),
                    sink.removal, sink.writer, p.sign, p.generation});
  };
  auto count = [this](const record& r) { return all.sinks_of(r); };
  auto keep = [&](const record& r, std::size_t k) -> std::optional<std::size_t> {
    const std::size_t index = next_index++;
    const auto slot = static_cast<std::uint32_t>(&r - &all.book.at(0));
    const std::uint32_t former = merged.former_profile[slot];
    if (former == ledger::no_profile) return {};
    const auto& profile = old_profiles[former];
    const std::string place = all.lane_of(r, k).what.writer->place(all.target_of(r));
    for (std::size_t j = 0; j < profile.sinks.size(); ++j) {
      if (old_place(r, profile, j) != place) continue;
      const std::size_t old_index = r.first_presence + j;
      if (const auto since = all.out_since.find(old_index); since != all.out_since.end()) {
        out_since[index] = since->second;
      }
      return old_index;
    }
    return {};
  };

  for (const std::uint32_t slot : merged.removed) {
    const record& r = all.book.at(slot);
    const auto& profile = old_profiles[merged.former_profile[slot]];
    for (std::size_t j = 0; j < profile.sinks.size(); ++j) retire_place(r, profile, j);
  }
  for (const std::uint32_t slot : all.book.by_id()) {
    const record& r = all.book.at(slot);
    const std::uint32_t former = merged.former_profile[slot];
    if (former == ledger::no_profile) continue;
    const auto& profile = old_profiles[former];
    bool moved = false;
    for (std::size_t j = 0; j < profile.sinks.size(); ++j) {
      const std::string place = old_place(r, profile, j);
      bool stays = false;
      for (std::size_t k = 0; k < all.sinks_of(r) && !stays; ++k) {
        stays = all.lane_of(r, k).what.writer->place(all.target_of(r)) == place;
      }
      if (!stays) retire_place(r, profile, j);
      moved = moved || !stays;
    }
    if (moved) delivery_.forget(slot);  // what is on its way would go to the old place
  }
  all.book.lay_out(count, keep);
  all.out_since = std::move(out_since);
  return left;
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

task<> engine::core::retire(std::vector<retired_place> places, std::vector<stored_workspace> gone) {
  std::vector<change> changes;
  for (auto& row : gone) changes.emplace_back(std::move(row));
  for (const auto& each : places) {
    if (each.generation == 0) continue;
    retirement_event event{each.workspace, each.sink_name, each.generation};
    std::optional<failure> why;
    if (each.removal == config::on_remove::erase) {
      const target whom{each.workspace, each.labels};
      const auto taken = co_await each.writer->withdraw(whom, each.sign);
      if (!taken) why = taken.error();
      event.withdrawn = !why;
      event.error = why ? &*why : nullptr;
      if (event.withdrawn) changes.emplace_back(forgotten_presence{each.place});
    }
    world_.observer.retired(event);
  }
  const auto saved = co_await world_.memory.save(std::move(changes));
  if (!saved) world_.observer.state_failed(saved.error());
}

}  // namespace tokensyncd::sync
