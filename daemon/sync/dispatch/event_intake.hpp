#pragma once

#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/fleet/ledger.hpp"

namespace tokensyncd::sync {

/// Turns the vendor's events into due workspaces. Pure: time is passed in. For the loop's thread.
class event_intake {
 public:
  /// All of these must outlive this.
  event_intake(ledger& book, dispatcher& plan, event_tracker& tracker);

  /// An event says that the token of the workspace `id` was rotated; `copy`: that event has come
  /// before. See engine::event(). False where no such workspace is configured.
  bool came(std::string_view id, bool copy, steady_time now);

 private:
  ledger& ledger_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
};

}  // namespace tokensyncd::sync
