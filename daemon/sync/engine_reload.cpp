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

std::vector<std::shared_ptr<sink_channel>> engine::core::make_channels(
    std::vector<engine_sink> sinks) {
  std::vector<std::shared_ptr<sink_channel>> channels(sinks.size());
  const auto record_revision = [&](auto belongs) {
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      if (channels[i] != nullptr) continue;
      const auto fits = [&](const auto& l) {
        return belongs(*l, sinks[i]) &&
               std::find(channels.begin(), channels.end(), l) == channels.end();
      };
      const auto found = std::find_if(all.channels.begin(), all.channels.end(), fits);
      if (found != all.channels.end()) channels[i] = *found;
    }
  };
  // A sink keeps its channel under another name, as that knows what the sink is at.
  record_revision(
      [](const sink_channel& l, const engine_sink& s) { return l.what.writer == s.writer; });
  record_revision(
      [](const sink_channel& l, const engine_sink& s) { return l.what.name == s.name; });
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    auto& l = channels[i];
    if (l == nullptr) {
      l = std::make_shared<sink_channel>(deps_, all, known_tokens_);
    } else if (l->what.writer != sinks[i].writer) {
      l->look_now = true;  // with its settings, what there is may no longer be what it should be
    }
    l->what = std::move(sinks[i]);
  }
  return channels;
}

void engine::core::reload(engine_settings setup) {
  // What it began would outlast run(); the next start takes the configuration.
  if (leaving_) return;
  all.history.newest.everything_changed();
  has_started_ = has_started_ || (worker_tasks_ && ready({}, {}).started);
  const auto old_profiles = all.profiles;
  const auto old_channels = all.channels;
  std::vector<engine_sink> old_sinks;
  for (const auto& l : old_channels) old_sinks.push_back(l->what);

  all.channels = make_channels(std::move(setup.sinks));
  all.profiles =
      std::make_shared<const std::vector<config::workspace_profile>>(std::move(setup.profiles));
  auto merged = all.book.merge(std::move(setup.workspaces));
  placement_migration heirs{all, merged, *old_profiles, old_sinks};
  heirs.carry_over();
  for (const std::uint32_t slot : heirs.moved) delivery_.forget(slot);
  std::vector<change> gone = part_with(merged.removed, heirs.left);
  all.progress.unsettled += merged.added.size();
  recall(merged.added);

  dispatcher_.set_limits(setup.rate_limit, setup.workers, deps_.time.now());
  event_tracker_.expect(setup.expects_events);
  checker_ = std::move(setup.checker);
  verify_after_ = setup.verify_after;
  checks_.configure(std::move(setup.from), setup.workers, setup.jitter);
  // What is there is looked at anew: the places, and the hooks, may be others.
  for (const auto& l : all.channels) l->hook.reset();
  refresh_all();
  if (!worker_tasks_) return;  // run() schedules everything when it begins

  for (const auto& each : heirs.left) sink_tasks_.started(*each.writer);
  exchange_channels(old_channels);
  note_owners(old_channels, old_sinks);
  if (!owners_.empty()) sink_workers_->start(save_owners());
  reschedule(merged, *old_profiles);
  ask_sinks_anew(anew::reload);
  start_workers();
  checks_.wake();
  if (!heirs.left.empty() || !gone.empty()) {
    sink_workers_->start(retire(std::move(heirs.left), std::move(gone)));
  }
}

std::vector<change> engine::core::part_with(const std::vector<std::uint32_t>& removed,
                                            const std::vector<retired_place>& left) {
  std::vector<change> gone;
  for (const std::uint32_t slot : removed) {
    const record& r = all.book.at(slot);
    checks_.remember_doubt(slot);
    if (r.wanted.generation != 0) {
      history& kept = retired_[r.id];
      kept.what = to_stored(r, deps_.time);
      kept.what.retired_at = deps_.time.wall();
      kept.what.formers = all.history.past.of(slot);
      gone.emplace_back(kept.what);
      for (const auto& each : left) {
        if (each.workspace != r.id || each.removal == config::on_remove::erase) continue;
        kept.places.push_back({each.place, r.id, each.generation, each.token,
                               each.generation != 0 ? each.sign : each.uncertain, deps_.time.wall(),
                               each.hook_seen});
      }
    }
    if (!r.settled) --all.progress.unsettled;
    dispatcher_.remove(slot);
    dispatcher_.api().forget(slot);
    delivery_.forget(slot);
    for (const auto& l : all.channels) l->hook.forget(slot);
    checks_.forget(slot);
    all.troubles.erase(slot);
    all.refused.erase(slot);
    all.history.forget(slot);
  }
  all.book.drop(removed);
  return gone;
}

void engine::core::exchange_channels(
    const std::vector<std::shared_ptr<sink_channel>>& old_channels) {
  for (const auto& l : old_channels) {
    l->retired = std::find(all.channels.begin(), all.channels.end(), l) == all.channels.end();
    l->sleep->wake();
    l->look->wake();
    l->hook.wake();
  }
  listen_to_sinks();
  sink_tasks_.keep(all.channels);
  for (const auto& l : all.channels) {
    if (std::find(old_channels.begin(), old_channels.end(), l) == old_channels.end())
      start_channel(l);
  }
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

void engine::core::recall(const std::vector<std::uint32_t>& added) {
  for (const std::uint32_t slot : added) {
    const auto found = retired_.find(all.book.at(slot).id);
    if (found == retired_.end()) continue;
    const history past = std::move(found->second);
    retired_.erase(found);
    if (past.what.wanted.generation != 0) restore_row(all.book.at(slot), past.what);
    for (const auto& place : past.places) restore_row(place);
    if (past.what.unsure != doubt::none) event_tracker_.expect_news(slot, deps_.time.now());
  }
}

void engine::core::refresh_all() {
  const steady_time now = deps_.time.now();
  for (const std::uint32_t slot : all.book.by_id()) all.refresh(all.book.at(slot), now);
}

task<> engine::core::save(std::vector<change> changes) {
  if (changes.empty()) co_return;
  co_await save_or_tell(deps_, std::move(changes));
}

task<> engine::core::retire(std::vector<retired_place> places, std::vector<change> gone) {
  // First, as later it could be older than what is known of a workspace that came back meanwhile.
  co_await save(std::move(gone));

  // Side by side: one sink that hangs must not keep the others from it.
  std::map<const sink*, std::vector<retired_place>> of_sink;
  for (auto& each : places) of_sink[each.writer.get()].push_back(std::move(each));
  for (auto& [writer, of_one] : of_sink) sink_workers_->start(withdraw(std::move(of_one)));
}

task<> engine::core::withdraw(std::vector<retired_place> places) {
  std::vector<change> withdrawn;
  for (auto& each : places) {
    const std::string place = each.place;
    const bool is_gone = co_await cleanup_.part_with(std::move(each));
    if (is_gone) withdrawn.emplace_back(forgotten_presence{place});
  }
  cleanup_.end_of_many();
  co_await save(std::move(withdrawn));
}

}  // namespace tokensyncd::sync
