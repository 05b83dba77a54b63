#include "daemon/sync/fleet/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tokensyncd::sync {

std::optional<std::size_t> fleet::presence_in(const record& r, const sink_channel& l) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (&channel_of(r, k) == &l) return r.entry.first_presence + k;
  }
  return {};
}

const refused_token* fleet::refusal_of(std::uint32_t slot) const {
  const auto found = refused.find(slot);
  const bool is_refused =
      found != refused.end() && found->second.token == book.at(slot).wanted.token;
  return is_refused ? &found->second : nullptr;
}

std::vector<sink_member> fleet::members_of(const sink_channel& l) const {
  std::vector<sink_member> members;
  for (const std::uint32_t slot : book.by_id()) {
    const record& r = book.at(slot);
    if (!presence_in(r, l)) continue;
    const bool is_failing = troubles.contains(slot);
    const bool is_given_up = is_failing && !profile_of(r).required;
    members.push_back(
        {r.id, &profile_of(r).workspace_labels, !is_refused(r.state) && !is_given_up, is_failing});
  }
  return members;
}

bool fleet::is_in_use(std::string_view id, std::string_view canonical_location) const {
  const auto slot = book.find(id);
  if (!slot) return false;
  const record& r = book.at(*slot);
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (channel_of(r, k).what.writer->canonical_location(target_of(r)) == canonical_location)
      return true;
  }
  return false;
}

std::unordered_set<std::string> fleet::canonical_locations() const {
  std::unordered_set<std::string> used;
  for (const std::uint32_t slot : book.by_id()) {
    const record& r = book.at(slot);
    for (std::size_t k = 0; k < sinks_of(r); ++k) {
      used.insert(channel_of(r, k).what.writer->canonical_location(target_of(r)));
    }
  }
  return used;
}

bool fleet::is_refuted(std::uint32_t slot, const fingerprint& known,
                       const fingerprint& other) const {
  const auto found = refused.find(slot);
  if (found == refused.end() || found->second.token != known) return false;
  const std::vector<fingerprint>& before = found->second.before;
  return std::ranges::find(before, other) == before.end();
}

bool fleet::all_are_gone() const {
  const auto slots = book.by_id();
  const auto is_gone = [this](std::uint32_t slot) {
    return book.at(slot).state == workspace_state::gone;
  };
  return !slots.empty() && std::ranges::all_of(slots, is_gone);
}

bool fleet::all_in_sync(const record& r) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (!in_sync(r, presence_of(r, k))) return false;
  }
  return true;
}

std::optional<etag_owner> fleet::owner_of_etag(std::string_view type,
                                               std::optional<std::size_t> but,
                                               const etag_test& is_it) const {
  const auto all = book.presences();
  for (std::size_t at = 0; at != all.size(); ++at) {
    if (at == but || all[at].generation == 0 || !is_it(all[at].tag)) continue;
    const record& r = book.owner_of(at);
    const sink_channel& l = channel_of(r, at - r.entry.first_presence);
    if (l.what.writer->type() == type) return etag_owner{r.id, l.what.name};
  }
  return {};
}

std::optional<recorded> fleet::recorded_of(const record& r, const presence& p) {
  if (p.generation == 0) return {};
  recorded known;
  known.tag = p.tag;
  known.drifted = p.drifted;
  if (p.holds_token) {
    known.token = r.wanted.token;
  } else if (r.token.has_previous && p.generation + 1 == r.wanted.generation) {
    known.token = r.token.previous;
  }
  return known;
}

priority fleet::priority_of(const record& r) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (presence_of(r, k).generation == 0) return priority::never_delivered;
  }
  return priority::out_of_sync;
}

void fleet::refresh(record& r, steady_time now) {
  bool in_all = true;
  bool came = false;
  bool hooks_done = true;
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    presence& p = presence_of(r, k);
    if (channel_of(r, k).hook.update(book.slot_of(r), p, now)) hooks_done = false;
    if (in_sync(r, p)) {
      // Of the others it is known only when they have been looked at, or written to: a reboot may
      // have taken away what the state remembers.
      if (!channel_of(r, k).is_quick_to_look_at()) note_in_sync(r, p);
      came = progress.out_since.erase(r.entry.first_presence + k) != 0 || came;
    } else {
      in_all = false;
      progress.out_since.try_emplace(r.entry.first_presence + k, now);
    }
  }
  if (in_all && came && progress.one_in_sync) progress.one_in_sync();
  const bool settled = r.state == workspace_state::gone || (r.token.seen && in_all && hooks_done);
  if (settled == r.settled) return;
  r.settled = settled;
  progress.unsettled += settled ? std::size_t{0} - 1 : 1;
  if (progress.unsettled == 0 && progress.all_settled) progress.all_settled();
}

std::uint32_t to_unix_seconds(wall_time when) {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::seconds>(when.time_since_epoch()).count());
}

std::optional<wall_time> from_unix_seconds(std::uint32_t when) {
  if (when == 0) return {};
  return wall_time{std::chrono::seconds{when}};
}

stored_workspace to_stored(const record& r, const clock& time) {
  const auto age =
      std::chrono::duration_cast<std::chrono::microseconds>(time.now() - r.known_since);
  stored_workspace row;
  row.id = r.id;
  row.wanted = r.wanted;
  if (r.token.has_previous) row.previous = r.token.previous;
  row.known_since = time.wall() - age;
  row.last_attempt = from_unix_seconds(r.times.last_attempt);
  row.last_success = from_unix_seconds(r.times.last_success);
  row.pending = r.token.pending;
  return row;
}

void from_stored(const stored_workspace& row, fleet& all, std::uint32_t slot, const clock& time) {
  record& r = all.book.at(slot);
  r.wanted = row.wanted;
  if (row.previous) {
    r.token.previous = *row.previous;
    r.token.has_previous = true;
  }
  // Not from a future that our clock has taken back: no answer would be newer than that.
  const wall_time now = time.wall();
  const wall_time known_since = std::min(row.known_since, now);
  r.known_since = time.now() - (now - known_since);
  if (row.wanted.generation > 1) all.history.seen_rotation(known_since);
  r.token.pending = row.pending;
  if (row.formers) all.history.past.restore(slot, *row.formers);
  if (row.last_attempt) r.times.last_attempt = to_unix_seconds(*row.last_attempt);
  if (row.last_success) r.times.last_success = to_unix_seconds(*row.last_success);
  if (r.times.last_success != 0) r.state = workspace_state::ok;
}

}  // namespace tokensyncd::sync
