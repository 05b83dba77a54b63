#include "daemon/sync/fetching/steps/change.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

bool is_newer(const std::optional<wall_time>& seen, const std::optional<wall_time>& known) {
  return seen && known && *seen > *known;
}

}  // namespace

change_kind compare(const known_token& known, const observed_token& seen, bool believed) {
  const revision& current = known.current;
  if (current.generation == 0) return change_kind::first;

  if (seen.token == current.token) {
    if (seen.rotated_at && !current.rotated_at) return change_kind::filled_in;
    return is_newer(seen.rotated_at, current.rotated_at) ? change_kind::touched : change_kind::same;
  }

  if (believed) return change_kind::rotated;
  if (seen.asked < known.since) return change_kind::stale;
  if (is_newer(seen.rotated_at, current.rotated_at)) return change_kind::rotated;
  if (std::ranges::find(known.before, seen.token) != known.before.end()) return change_kind::stale;
  if (seen.answers_rotation) return change_kind::rotated;
  // Two rotations in quick succession leave a token that was never seen at a node that is
  // stuck between them. What has lost its time may come from another node as well.
  const bool is_older = is_newer(current.rotated_at, seen.rotated_at);
  const bool has_lost_time = current.rotated_at && !seen.rotated_at && !seen.time_unreadable;
  const bool is_doubtful = is_older || has_lost_time || known.was_ordered || known.is_fresh;
  return is_doubtful ? change_kind::doubtful : change_kind::rotated;
}

revision apply(const revision& current, const observed_token& seen, change_kind how) {
  revision next = current;
  if (how == change_kind::same) return next;
  if (how != change_kind::filled_in) ++next.generation;
  next.token = seen.token;
  // A new token without a time of its own must not keep the time of the one before.
  if (seen.rotated_at || how == change_kind::rotated) next.rotated_at = seen.rotated_at;
  return next;
}

}  // namespace tokensyncd::sync
