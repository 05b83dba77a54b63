#pragma once

#include <cstddef>

#include "daemon/sync/fleet/ledger.hpp"
#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::sync {

/// Notices when the API denies every workspace, or knows none of them, and reports it once. For the
/// loop's thread.
class denial_tracker {
 public:
  /// Both must outlive this.
  denial_tracker(const ledger& book, events& observer) : ledger_(book), observer_(observer) {}

  /// A workspace has become denied, or gone.
  void denied();

  /// A workspace was answered.
  void answered() noexcept { reported_ = false; }

 private:
  const ledger& ledger_;
  events& observer_;
  std::size_t not_denied_ = 0;  // place by id of a workspace that wasn't denied when it was looked
  bool reported_ = false;
};

}  // namespace tokensyncd::sync
