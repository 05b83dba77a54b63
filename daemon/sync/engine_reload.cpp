#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {

void engine::core::reload(engine_settings setup) {
  // What it began would outlast run(); the next start takes the configuration.
  if (tasks_.is_leaving) return;
  all.history.newest.everything_changed();
  has_started_ = has_started_ || (tasks_.workers && ready({}, {}).started);
  const auto old_profiles = all.profiles;
  const auto old_channels = all.channels;
  std::vector<engine_sink> old_sinks;
  for (const auto& l : old_channels) old_sinks.push_back(l->what);

  all.channels = channels_.make(std::move(setup.sinks));
  all.profiles =
      std::make_shared<const std::vector<config::workspace_profile>>(std::move(setup.profiles));
  auto merged = all.book.merge(std::move(setup.workspaces));
  placement_migration heirs{all, merged, *old_profiles, old_sinks};
  heirs.carry_over();
  for (const std::uint32_t slot : heirs.moved) delivery_.forget(slot);
  std::vector<change> gone = forget_workspaces(merged.removed, heirs.left);
  all.progress.unsettled += merged.added.size();
  removed_.recall(merged.added);

  dispatcher_.set_limits(setup.rate_limit, setup.workers, deps_.time.now());
  event_tracker_.expect(setup.expects_events);
  verification_.configure(std::move(setup.checker), setup.verify_after);
  checks_.configure(std::move(setup.from), setup.workers, setup.jitter);
  // What is there is looked at anew: the places, and the hooks, may be others.
  for (const auto& l : all.channels) {
    l->unseen.clear();
    l->being_seen.clear();
  }
  refresh_all();
  if (!tasks_.workers) return;  // run() schedules everything when it begins

  for (const auto& each : heirs.left) sink_tasks_.started(*each.writer);
  channels_.exchange(old_channels);
  owners_.note_reload(old_channels, old_sinks);
  save_owners();
  reschedule(merged, *old_profiles);
  channels_.ask_anew(anew::reload);
  start_workers();
  checks_.wake();
  part_with(std::move(heirs.left), std::move(gone));
}

std::vector<change> engine::core::forget_workspaces(const std::vector<std::uint32_t>& removed,
                                                    const std::vector<retired_place>& left) {
  std::vector<change> gone;
  for (const std::uint32_t slot : removed) {
    const record& r = all.book.at(slot);
    checks_.remember_doubt(slot);
    if (r.wanted.generation != 0) gone.emplace_back(removed_.remember(slot, left));
    if (!r.settled) --all.progress.unsettled;
    dispatcher_.remove(slot);
    dispatcher_.api().forget(slot);
    delivery_.forget(slot);
    all.forget_hooks(slot);
    checks_.forget(slot);
    all.troubles.erase(slot);
    all.refused.erase(slot);
    all.history.forget(slot);
  }
  all.book.drop(removed);
  return gone;
}

void engine::core::reschedule(const ledger::merge_result& merged,
                              const std::vector<config::workspace_profile>& old_profiles) {
  const steady_time now = deps_.time.now();
  for (const std::uint32_t slot : all.book.by_id()) {
    record& r = all.book.at(slot);
    const std::uint32_t former = merged.former_profile[slot];
    const bool stayed = former != ledger::no_profile;
    const bool moved =
        stayed && old_profiles[former].workspace_labels != all.profile_of(r).workspace_labels;
    for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
      // What came back is remembered, and nobody has looked after it meanwhile.
      const bool came_back = !stayed && all.presence_of(r, k).generation != 0;
      if (moved || came_back) drift_.look_now(all.channel_of(r, k));
    }
    if (!stayed || !all.all_in_sync(r)) {
      r.due = now;
      if (!stayed || !delivery_.resume(slot))
        dispatcher_.make_due(slot, all.priority_of(r), r.why, now);
    } else if (r.at == stage::scheduled && !checks_.expects_news(slot) &&
               old_profiles[former].interval != all.profile_of(r).interval) {
      dispatcher_.put(slot, checks_.next_check_of(r, now), priority::poll);
    }
  }
}

void engine::core::refresh_all() {
  const steady_time now = deps_.time.now();
  for (const std::uint32_t slot : all.book.by_id()) all.refresh(all.book.at(slot), now);
}

void engine::core::part_with(std::vector<retired_place> places, std::vector<change> news) {
  if (places.empty() && news.empty()) return;
  tasks_.sinks->start(cleanup_.part_with(std::move(places), std::move(news), *tasks_.sinks));
}

void engine::core::save_owners() {
  if (!owners_.empty()) tasks_.sinks->start(owners_.save());
}

}  // namespace tokensyncd::sync
