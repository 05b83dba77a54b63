#include "daemon/sync/change.hpp"

namespace tokensyncd::sync {
namespace {

bool is_newer(const std::optional<wall_time>& seen, const std::optional<wall_time>& known) {
  return seen && known && *seen > *known;
}

}  // namespace

verdict compare(const knowledge& known, const sighting& seen, bool believed) {
  const revision& current = known.current;
  if (current.generation == 0) return verdict::first;

  if (seen.token == current.token) {
    if (seen.rotated_at && !current.rotated_at) return verdict::filled_in;
    return is_newer(seen.rotated_at, current.rotated_at) ? verdict::touched : verdict::same;
  }

  const bool old_question = seen.asked < known.since;
  const bool previous_again =
      known.previous == seen.token && !is_newer(seen.rotated_at, current.rotated_at);
  return (old_question || previous_again) && !believed ? verdict::stale : verdict::rotated;
}

revision apply(const revision& current, const sighting& seen, verdict how) {
  revision next = current;
  if (how == verdict::same) return next;
  if (how != verdict::filled_in) ++next.generation;
  next.token = seen.token;
  // A new token without a time of its own must not keep the time of the one before.
  if (seen.rotated_at || how == verdict::rotated) next.rotated_at = seen.rotated_at;
  return next;
}

}  // namespace tokensyncd::sync
