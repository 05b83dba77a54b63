#include "daemon/sync/fetching/steps/denial_tracker.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tokensyncd::sync {

/// A workspace that isn't denied is remembered and looked at first, so that all calls together look
/// at each workspace twice at most.
void denial_tracker::denied() {
  const auto all = ledger_.by_id();
  const auto state_at = [&](std::size_t position) { return ledger_.at(all[position]).state; };
  for (std::size_t looked = 0; looked < all.size(); ++looked) {
    if (not_denied_ >= all.size()) not_denied_ = 0;
    if (!is_refused(state_at(not_denied_))) {
      reported_ = false;
      return;
    }
    ++not_denied_;
  }
  const auto is_denied = [&](std::uint32_t slot) {
    return ledger_.at(slot).state == workspace_state::denied;
  };
  const auto denied = static_cast<std::size_t>(std::ranges::count_if(all, is_denied));
  const bool are_gone = denied == 0 && all.size() > 1;
  if ((denied < 2 && !are_gone) || std::exchange(reported_, true)) return;
  if (are_gone) {
    observer_.gone_all(all.size());
  } else {
    observer_.denied_all(denied);
  }
}

}  // namespace tokensyncd::sync
