#include "daemon/sync/fleet/status.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

constexpr std::size_t named_at_most = 20;
constexpr std::size_t named_of_a_state = 3;
constexpr std::string_view disputed =
    "the Partner API's answers disagree: some have a token that was replaced before; the newest "
    "known token is kept. If this lasts, report it to the vendor";

}  // namespace

status_reader::status_reader(clock& time, const fleet& all, const dispatcher& plan,
                             const event_tracker& tracker, const delivery& out,
                             const run_tasks& tasks)
    : time_(time),
      fleet_(all),
      dispatcher_(plan),
      event_tracker_(tracker),
      delivery_(out),
      tasks_(tasks),
      started_(time.wall()) {}

bool status_reader::next(std::string_view after, workspace_status& out) const {
  const auto slots = fleet_.book.by_id();
  const std::size_t position = fleet_.book.position_after(after);
  if (position == slots.size()) return false;
  describe(slots[position], out);
  return true;
}

bool status_reader::find(std::string_view id, workspace_status& out) const {
  const auto slot = fleet_.book.find(id);
  if (!slot) return false;
  describe(*slot, out);
  return true;
}

void status_reader::describe(std::uint32_t slot, workspace_status& out) const {
  const record& r = fleet_.book.at(slot);
  const auto& profile = fleet_.profile_of(r);
  out.id = r.id;
  out.state = r.state;
  out.required = profile.required;
  out.wanted = r.wanted;
  out.last_attempt = from_unix_seconds(r.times.last_attempt);
  out.last_success = from_unix_seconds(r.times.last_success);
  out.interval = profile.interval;
  out.next_check.reset();
  if (const auto when = dispatcher_.when(slot)) {
    out.next_check = wall_of(*when);
  }
  out.last_error = last_error_of(r, slot);
  const auto failing = fleet_.troubles.find(slot);
  const refused_token* const refused = fleet_.refusal_of(slot);
  out.failing_since.reset();
  if (failing != fleet_.troubles.end()) {
    out.failing_since = wall_of(failing->second.since);
  } else if (refused != nullptr) {
    out.failing_since = wall_of(refused->since);
  }
  out.rotation_unconfirmed = r.token.pending == pending_rotation::ordered;
  const auto rotations = fleet_.history.rotations.find(slot);
  out.rotations.fill(0);
  if (rotations != fleet_.history.rotations.end()) out.rotations = rotations->second;

  out.latest = fleet_.history.latest.of(slot);
  out.sinks.clear();
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    out.sinks.push_back(describe_sink(r, slot, k));
  }
}

wall_time status_reader::wall_of(steady_time when) const {
  return time_.wall() + std::chrono::duration_cast<wall_time::duration>(when - time_.now());
}

/// Why its last check failed, else why its token is no good, else what its answers show.
std::string_view status_reader::last_error_of(const record& r, std::uint32_t slot) const {
  const auto trouble = fleet_.troubles.find(slot);
  if (trouble != fleet_.troubles.end() && !trouble->second.sentence.empty()) {
    return trouble->second.sentence;
  }
  const refused_token* const refused = fleet_.refusal_of(slot);
  if (refused != nullptr && !refused->sentence.empty()) return refused->sentence;
  return r.state == workspace_state::disputed ? disputed : std::string_view{};
}

sink_status status_reader::describe_sink(const record& r, std::uint32_t slot, std::size_t k) const {
  const presence& p = fleet_.presence_of(r, k);
  const sink_channel& l = fleet_.channel_of(r, k);
  const pair_trouble* wrong = l.queue.trouble(slot);
  sink_status out;
  out.name = l.what.name;
  out.type = l.what.writer->type();
  out.in_sync = fleet::in_sync(r, p);
  out.required = l.what.required;
  out.generation = p.generation;
  out.last_success = from_unix_seconds(p.last_success);
  out.last_error = wrong == nullptr ? std::string_view{} : std::string_view{wrong->sentence};
  if (wrong != nullptr) {
    out.cause = wrong->kind;
    out.consecutive_failures = wrong->consecutive;
    out.failing_since = wall_of(wrong->since);
  }
  const auto out_since = fleet_.progress.out_since.find(r.entry.first_presence + k);
  if (!out.in_sync && out_since != fleet_.progress.out_since.end())
    out.out_of_sync_since = wall_of(out_since->second);
  out.hook_pending = l.hook.is_pending(p);
  if (out.hook_pending) {
    const hook_status hook = l.hook.status();
    out.hook_error = hook.error;
    if (hook.failing_since) out.hook_failing_since = wall_of(*hook.failing_since);
  }
  return out;
}

sink_totals status_reader::describe_channel(const sink_channel& l) const {
  sink_totals out;
  out.name = l.what.name;
  out.type = l.what.writer->type();
  const pair_trouble* const latest = l.queue.latest_trouble();
  if (latest != nullptr) {
    out.place_error = latest->sentence;
    out.cause = latest->kind;
    out.failing_since = wall_of(latest->since);
  }
  // A later failure for another cause takes its place: a disk that was full may be read-only now.
  const auto& whole = l.queue.sink_trouble();
  if (whole && (latest == nullptr || concerns_whole_sink(latest->kind))) {
    out.last_error = whole->sentence;
    out.cause = whole->kind;
  }
  out.failing = l.queue.troubled();
  out.login_expires = l.what.writer->login_expires();
  out.login_error = l.what.writer->login_error();
  const hook_status hook = l.hook.status();
  out.hook_pending = hook.pending;
  out.hook_failures = hook.failures;
  out.hook_error = hook.error;
  if (hook.failing_since) out.hook_failing_since = wall_of(*hook.failing_since);
  return out;
}

fleet_status status_reader::status() const {
  fleet_status out;
  const wall_time wall = out.at = time_.wall();
  const steady_time now = time_.now();
  for (const auto& l : fleet_.channels) {
    out.sinks.push_back(describe_channel(*l));
  }
  count_workspaces(out, wall);
  for (const auto& [slot, refused] : fleet_.refused)
    if (fleet_.refusal_of(slot) != nullptr) ++out.refused_tokens;
  out.missed_events = event_tracker_.missed(now);
  out.last_rotation = fleet_.history.last_rotation;
  describe_api(out, now);
  return out;
}

void status_reader::count_workspaces(fleet_status& out, wall_time wall) const {
  const bool all_are_gone = fleet_.all_are_gone();
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    ++out.workspaces[static_cast<std::size_t>(r.state)];
    name_troubled(r, slot, out);
    if (r.token.pending == pending_rotation::ordered) ++out.unconfirmed_rotations;
    const bool gone = r.state == workspace_state::gone;
    if (!gone || all_are_gone) count_pairs(r, out);
    if (gone) continue;
    const wall_time since = from_unix_seconds(r.times.last_success).value_or(started_);
    const double age = std::chrono::duration<double>(wall - since).count();
    const double interval = std::chrono::duration<double>(fleet_.profile_of(r).interval).count();
    out.oldest_success_age_intervals = std::max(out.oldest_success_age_intervals, age / interval);
  }
}

/// The first few that an operator has to look at.
void status_reader::name_troubled(const record& r, std::uint32_t slot, fleet_status& out) const {
  const bool is_well = r.state == workspace_state::ok || r.state == workspace_state::never;
  auto& few = out.named[static_cast<std::size_t>(r.state)];
  if (is_well || few.size() == named_of_a_state) return;
  if (few.empty() && r.state == workspace_state::stale) out.stale_cause = last_error_of(r, slot);
  few.emplace_back(r.id);
}

void status_reader::count_pairs(const record& r, fleet_status& out) const {
  bool everywhere = true;
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    const bool in_sync = fleet::in_sync(r, fleet_.presence_of(r, k));
    ++out.pairs;
    out.pairs_in_sync += in_sync ? 1 : 0;
    everywhere = everywhere && in_sync;
    if (!in_sync) ++out.sinks[fleet_.profile_of(r).sinks[k]].out_of_sync;
  }
  if (!everywhere) {
    ++out.undelivered;
  } else if (!is_refused(r.state)) {
    ++out.delivered;
  }
}

void status_reader::describe_api(fleet_status& out, steady_time now) const {
  out.rate_limit_per_second = dispatcher_.calls().rate(now);
  const upstream& api = dispatcher_.api();
  if (api.state() != upstream_state::normal) {
    out.api = {.cause = failure_kind::throttled, .since = wall_of(api.closed_at())};
    if (api.cause()) {
      out.api->cause = api.cause()->kind;
      out.api->sentence = api.cause()->sentence;
    }
  }
  if (api.state() == upstream_state::throttled && api.paused_until() > now) {
    out.throttled_until = wall_of(api.paused_until());
  }
  if (api.state() == upstream_state::down) {
    out.next_probe = wall_of(std::max(now, api.paused_until()));
  }
}

void status_reader::remember_start() {
  has_started_ = has_started_ || (tasks_.endless && ready({}, {}).started);
}

std::vector<std::string> status_reader::unattended() const {
  std::vector<std::string> out;
  if (!tasks_.may_start()) return out;
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    const bool is_to_be_asked = r.check.at != stage::scheduled || dispatcher_.when(slot);
    for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
      const sink_channel& l = fleet_.channel_of(r, k);
      if (fleet::in_sync(r, fleet_.presence_of(r, k))) continue;
      if (delivery_.holds(slot) ? delivery_.attends_to(r, l) : is_to_be_asked) continue;
      out.push_back(r.id + "/" + l.what.name);
    }
  }
  return out;
}

readiness status_reader::ready(std::chrono::milliseconds grace, std::string_view only) const {
  readiness out;
  const steady_time now = time_.now();
  bool started = true;
  bool ready = true;
  // What came with a reload after the start has the grace time, as a rotation has; but who asks for
  // one workspace wants to know whether its token is there.
  const bool may_be_new = has_started_ && only.empty();
  const bool gone_count = only.empty() && fleet_.all_are_gone();
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    if (!only.empty() ? r.id != only : !fleet_.profile_of(r).required) continue;
    if (r.state == workspace_state::gone && !gone_count) continue;
    for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
      const sink_channel& l = fleet_.channel_of(r, k);
      if (!l.what.required) continue;
      const std::size_t index = r.entry.first_presence + k;
      const bool begun = may_be_new || fleet_.book.presence_at(index).once_in_sync;
      const auto since = fleet_.progress.out_since.find(index);
      const bool overdue = since != fleet_.progress.out_since.end() && now - since->second >= grace;
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
