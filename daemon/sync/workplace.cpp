#include "daemon/sync/workplace.hpp"

#include <chrono>

namespace tokensyncd::sync {

std::optional<std::size_t> workplace::presence_in(const record& r, const sink_lane& l) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (&lane_of(r, k) == &l) return r.first_presence + k;
  }
  return {};
}

bool workplace::is_in_use(std::string_view id, std::string_view footprint) const {
  const auto slot = book.find(id);
  if (!slot) return false;
  const record& r = book.at(*slot);
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (lane_of(r, k).what.writer->footprint(target_of(r)) == footprint) return true;
  }
  return false;
}

bool workplace::all_in_sync(const record& r) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (!in_sync(r, presence_of(r, k))) return false;
  }
  return true;
}

urgency workplace::hurry_of(const record& r) const {
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    if (presence_of(r, k).generation == 0) return urgency::never_delivered;
  }
  return urgency::out_of_sync;
}

void workplace::refresh(record& r, steady_time now) {
  bool everywhere = true;
  for (std::size_t k = 0; k < sinks_of(r); ++k) {
    presence& p = presence_of(r, k);
    if (in_sync(r, p)) {
      p.once_in_sync = true;
      out_since.erase(r.first_presence + k);
    } else {
      everywhere = false;
      out_since.try_emplace(r.first_presence + k, now);
    }
  }
  const bool settled = r.state == workspace_state::gone || (r.seen && everywhere);
  if (settled == r.settled) return;
  r.settled = settled;
  unsettled += settled ? std::size_t{0} - 1 : 1;
  if (unsettled == 0 && all_settled) all_settled();
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
  if (r.has_previous) row.previous = r.previous;
  row.known_since = time.wall() - age;
  row.last_attempt = from_unix_seconds(r.last_attempt);
  row.last_success = from_unix_seconds(r.last_success);
  return row;
}

}  // namespace tokensyncd::sync
