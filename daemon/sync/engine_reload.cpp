#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/sync/engine_impl.hpp"

namespace tokensyncd::sync {

void engine::impl::reload(engine_settings setup) {
  // At its end run() begins nothing that would outlast it; the next start takes the configuration.
  if (tasks.is_leaving) return;
  fleet.history.newest.everything_changed();
  status.remember_start();

  // The old setup is kept for comparison, until every workspace has its place in the new one.
  const auto old_profiles = fleet.profiles;
  const auto old_channels = fleet.channels;
  std::vector<engine_sink> old_sinks;
  for (const auto& l : old_channels) old_sinks.push_back(l->what);

  // The fleet takes the new setup, and each destination keeps what is known of it.
  fleet.channels = stages.channels.make(std::move(setup.sinks));
  fleet.profiles =
      std::make_shared<const std::vector<config::workspace_profile>>(std::move(setup.profiles));
  auto merged = fleet.book.merge(std::move(setup.workspaces));
  placement_migration migration{fleet, merged, *old_profiles, old_sinks};
  migration.carry_over();

  // A workspace may come back, so the state keeps what is known of those that left.
  for (const std::uint32_t slot : migration.moved) stages.delivery.forget(slot);
  std::vector<change> gone = forget_workspaces(merged.removed, migration.left);
  fleet.progress.unsettled += merged.added.size();
  remembered.removed.recall(merged.added);

  // Before run() this is all, because run() schedules everything when it begins.
  configure_stages(setup);
  refresh_all();
  operations.policy.reloaded();
  if (!tasks.endless) return;

  // Sinks change over before anything is due, so that nothing is delivered to an old one.
  for (const auto& each : migration.left) stages.sink_tasks.started(*each.writer);
  stages.channels.exchange(old_channels);
  remembered.owners.note_reload(old_channels, old_sinks);
  save_owners();

  // Now the changed workspaces are due, and there are as many workers as configured.
  reschedule(merged, *old_profiles);
  stages.channels.ask_anew(anew::reload);
  start_workers();
  ask_api_again();

  // Unused destinations are cleaned up in tasks of their own, because a sink may hang.
  retire(std::move(migration.left), std::move(gone));
}

/// The timer waits for the next probe's old time, so a worker is woken.
void engine::impl::ask_api_again() {
  stages.dispatcher.api().sign_of_life(deps.time.now());
  stages.workers.wake();
}

void engine::impl::configure_stages(engine_settings& setup) {
  stages.dispatcher.set_limits(setup.rate_limit, setup.workers, deps.time.now());
  stages.event_tracker.expect(setup.expects_events);
  operations.verify.configure(std::move(setup.checker), setup.verify_after);
  stages.workers.configure(std::move(setup.from), setup.workers, setup.jitter);
  // What is there is looked at anew: the places, and the hooks, may be others.
  for (const auto& l : fleet.channels) l->hook.reset();
}

std::vector<change> engine::impl::forget_workspaces(const std::vector<std::uint32_t>& removed,
                                                    const std::vector<retired_destination>& left) {
  std::vector<change> gone;
  for (const std::uint32_t slot : removed) {
    const record& r = fleet.book.at(slot);
    stages.workers.keep_pending_rotation(slot);
    if (r.wanted.generation != 0) gone.emplace_back(remembered.removed.remember(slot, left));
    if (!r.settled) --fleet.progress.unsettled;
    stages.dispatcher.remove(slot);
    stages.dispatcher.api().forget(slot);
    stages.delivery.forget(slot);
    for (const auto& l : fleet.channels) l->hook.forget(slot);
    stages.workers.forget(slot);
    fleet.troubles.erase(slot);
    fleet.refused.erase(slot);
    fleet.history.forget(slot);
  }
  fleet.book.drop(removed);
  return gone;
}

void engine::impl::reschedule(const ledger::merge_result& merged,
                              const std::vector<config::workspace_profile>& old_profiles) {
  const steady_time now = deps.time.now();
  for (const std::uint32_t slot : fleet.book.by_id()) {
    const record& r = fleet.book.at(slot);
    const std::uint32_t former = merged.former_profile[slot];
    const bool stayed = former != ledger::no_profile;
    const bool moved =
        stayed && old_profiles[former].workspace_labels != fleet.profile_of(r).workspace_labels;
    for (std::size_t k = 0; k < fleet.sinks_of(r); ++k) {
      // What came back is remembered, and nobody has looked after it meanwhile.
      const bool came_back = !stayed && fleet.presence_of(r, k).generation != 0;
      if (moved || came_back) fleet.channel_of(r, k).ask_for_look();
    }
    if (!stayed || !fleet.all_in_sync(r)) {
      stages.dispatcher.count_wait_from(slot, now);
      if (!stayed || !stages.delivery.resume(slot))
        stages.dispatcher.make_due(slot, fleet.priority_of(r), r.check.why, now);
    } else if (r.check.at == stage::scheduled && !stages.workers.expects_news(slot) &&
               old_profiles[former].interval != fleet.profile_of(r).interval) {
      stages.dispatcher.put(slot, stages.workers.next_check_of(r, now), priority::poll);
    }
  }
}

void engine::impl::refresh_all() {
  const steady_time now = deps.time.now();
  for (const std::uint32_t slot : fleet.book.by_id()) fleet.refresh(fleet.book.at(slot), now);
}

void engine::impl::retire(std::vector<retired_destination> destinations, std::vector<change> news) {
  if (destinations.empty() && news.empty()) return;
  tasks.ending->start(
      stages.cleanup.part_with_all(std::move(destinations), std::move(news), *tasks.ending));
}

void engine::impl::save_owners() {
  if (!remembered.owners.empty()) tasks.ending->start(remembered.owners.save());
}

}  // namespace tokensyncd::sync
