#include "daemon/sync/fleet/token_history.hpp"

#include <algorithm>

namespace tokensyncd::sync {

bool known_lengths::add(std::size_t bytes) {
  const auto found = std::ranges::lower_bound(all_, bytes);
  if (bytes == 0 || bytes > UINT16_MAX || (found != all_.end() && *found == bytes)) return false;
  all_.insert(found, static_cast<std::uint16_t>(bytes));
  return true;
}

bool recent_tokens::holds(const fingerprint& token, std::uint64_t since) const {
  for (std::uint64_t each = since; each < changes_; ++each)
    if (last_[each % most] == token) return true;
  return false;
}

void token_history::seen_rotation(wall_time when) {
  last_rotation = std::max(last_rotation.value_or(wall_time{}), when);
}

void token_history::forget(std::uint32_t slot) {
  past.forget(slot);
  rotations.erase(slot);
  latest.forget(slot);
}

}  // namespace tokensyncd::sync
