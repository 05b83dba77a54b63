#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t named_at_most = 20;
constexpr std::string_view disputed =
    "the Partner API's answers disagree: some have a token that was replaced before; the newest "
    "known token is kept. If this lasts, report it to the vendor";

}  // namespace

void engine::core::describe(std::uint32_t slot, workspace_status& out) const {
  const record& r = all.book.at(slot);
  const auto& profile = all.profile_of(r);
  out.id = r.id;
  out.state = r.state;
  out.required = profile.required;
  out.wanted = r.wanted;
  out.last_attempt = from_unix_seconds(r.last_attempt);
  out.last_success = from_unix_seconds(r.last_success);
  out.interval = profile.interval;
  out.next_check.reset();
  if (const auto when = dispatcher_.when(slot)) {
    out.next_check = deps_.time.wall() + std::chrono::duration_cast<std::chrono::microseconds>(
                                             *when - deps_.time.now());
  }
  const auto trouble = all.troubles.find(slot);
  out.last_error = trouble == all.troubles.end() ? std::string_view{} : trouble->second.sentence;
  const auto refused = all.refused.find(slot);
  if (out.last_error.empty() && refused != all.refused.end() &&
      refused->second.token == r.wanted.token) {
    out.last_error = refused->second.sentence;
  }
  if (out.last_error.empty() && r.state == workspace_state::disputed) out.last_error = disputed;
  const auto rotations = all.history.rotations.find(slot);
  out.rotations.fill(0);
  if (rotations != all.history.rotations.end()) out.rotations = rotations->second;

  out.latest = all.history.latest.of(slot);
  out.sinks.clear();
  for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
    const presence& p = all.presence_of(r, k);
    const sink_channel& l = all.channel_of(r, k);
    const pair_trouble* wrong = l.queue.trouble(slot);
    sink_status sink;
    sink.name = l.what.name;
    sink.type = l.what.writer->type();
    sink.in_sync = fleet::in_sync(r, p);
    sink.required = profile.required && l.what.required;
    sink.generation = p.generation;
    sink.last_success = from_unix_seconds(p.last_success);
    sink.last_error = wrong == nullptr ? std::string_view{} : std::string_view{wrong->sentence};
    sink.consecutive_failures = wrong == nullptr ? 0 : wrong->consecutive;
    sink.hook_pending = fleet::hook_pending(l, p);
    if (sink.hook_pending) sink.hook_error = l.hook_error;
    out.sinks.push_back(sink);
  }
}

fleet_status engine::core::status() const {
  fleet_status out;
  const wall_time wall = deps_.time.wall();
  const steady_time now = deps_.time.now();
  for (const auto& l : all.channels) {
    const pair_trouble* const one = l->queue.some_trouble();
    out.sinks.push_back({l->what.name, l->what.writer->type(), 0, l->queue.last_error(),
                         l->queue.troubled(),
                         one == nullptr ? std::string_view{} : std::string_view{one->sentence},
                         l->what.writer->login_expires(), l->unseen.size(), l->hook.failures(),
                         l->what.writer->login_error()});
  }
  const bool all_are_gone = all.all_are_gone();
  for (const std::uint32_t slot : all.book.by_id()) {
    const record& r = all.book.at(slot);
    ++out.workspaces[static_cast<std::size_t>(r.state)];
    const bool gone = r.state == workspace_state::gone;
    for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
      const bool in_sync = fleet::in_sync(r, all.presence_of(r, k));
      if (!gone || all_are_gone) {
        ++out.pairs;
        out.pairs_in_sync += in_sync ? 1 : 0;
        if (!in_sync) ++out.sinks[all.profile_of(r).sinks[k]].out_of_sync;
      }
    }
    if (gone) continue;
    const wall_time since = from_unix_seconds(r.last_success).value_or(started_wall_);
    const double age = std::chrono::duration<double>(wall - since).count();
    const double interval = std::chrono::duration<double>(all.profile_of(r).interval).count();
    out.oldest_success_age_intervals = std::max(out.oldest_success_age_intervals, age / interval);
  }
  out.missed_events = event_tracker_.missed(now);
  out.last_rotation = all.history.last_rotation;
  out.rate_limit_per_second = dispatcher_.calls().rate(now);
  const upstream& api = dispatcher_.api();
  if (api.state() == upstream_state::throttled && api.paused_until() > now) {
    const auto wait =
        std::chrono::duration_cast<std::chrono::microseconds>(api.paused_until() - now);
    out.throttled_until = wall + wait;
  }
  if (api.state() == upstream_state::down) {
    const auto wait =
        std::chrono::duration_cast<std::chrono::microseconds>(api.paused_until() - now);
    out.next_probe = wall + std::max(wait, std::chrono::microseconds{0});
  }
  return out;
}

std::vector<std::string> engine::core::unattended() const {
  std::vector<std::string> out;
  if (!worker_tasks_ || leaving_) return out;
  for (const std::uint32_t slot : all.book.by_id()) {
    const record& r = all.book.at(slot);
    const bool is_to_be_asked = r.at != stage::scheduled || dispatcher_.when(slot);
    for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
      const sink_channel& l = all.channel_of(r, k);
      if (fleet::in_sync(r, all.presence_of(r, k))) continue;
      if (delivery_.holds(slot) ? delivery_.attends_to(r, l) : is_to_be_asked) continue;
      out.push_back(r.id + "/" + l.what.name);
    }
  }
  return out;
}

readiness engine::core::ready(std::chrono::milliseconds grace, std::string_view only) const {
  readiness out;
  const steady_time now = deps_.time.now();
  bool started = true;
  bool ready = true;
  // What came with a reload after the start has the grace time, as a rotation has; but who asks for
  // one workspace wants to know whether its token is there.
  const bool may_be_new = has_started_ && only.empty();
  const bool gone_count = only.empty() && all.all_are_gone();
  for (const std::uint32_t slot : all.book.by_id()) {
    const record& r = all.book.at(slot);
    if (!only.empty() ? r.id != only : !all.profile_of(r).required) continue;
    if (r.state == workspace_state::gone && !gone_count) continue;
    for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
      const sink_channel& l = all.channel_of(r, k);
      if (!l.what.required) continue;
      const std::size_t index = r.first_presence + k;
      const bool begun = may_be_new || all.book.presence_at(index).once_in_sync;
      const auto since = all.progress.out_since.find(index);
      const bool overdue = since != all.progress.out_since.end() && now - since->second >= grace;
      started = started && begun;
      ready = ready && begun && !overdue;
      if (begun && !overdue) continue;
      ++out.waiting;
      if (out.waiting_for.size() < named_at_most) out.waiting_for.emplace_back(r.id, l.what.name);
    }
  }
  out.started = started;
  out.ready = started && ready;
  return out;
}

}  // namespace tokensyncd::sync
