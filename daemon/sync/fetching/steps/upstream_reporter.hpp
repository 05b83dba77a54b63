#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/model/trigger.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/call_watch.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// Reports to the dispatcher and to observers the meaning of each call for the API as a whole, and
/// at the end of an outage makes the workspaces due that failed because of it. For the loop's
/// thread.
class upstream_reporter {
 public:
  /// All must outlive this.
  upstream_reporter(dependencies deps, fleet& all, dispatcher& plan, event_tracker& events,
                    call_watch& watch);

  /// A call has ended: notes in it whose trouble it was.
  void report(call& what, const fetched& got);

  /// A workspace that failed because of an outage is due now, as if it had not been asked.
  void ask_again(std::uint32_t slot, trigger why);

  /// A check has ended; `answered`: by the API.
  void checked(bool answered) noexcept { was_answered_ = was_answered_ || answered; }

  /// Whether a check was answered since start, and the API counts as answering.
  [[nodiscard]] bool is_answering() const {
    return was_answered_ && dispatcher_.api().state() == upstream_state::normal;
  }

  /// Server's clock minus ours, as last corrected.
  [[nodiscard]] std::chrono::seconds clock_skew() const noexcept { return clock_skew_; }

 private:
  void release();

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
  call_watch& watch_;
  bool was_answered_ = false;
  std::chrono::seconds clock_skew_{0};
};

}  // namespace tokensyncd::sync
