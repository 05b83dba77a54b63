#pragma once

#include <memory>
#include <string>
#include <utility>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/call_watch.hpp"
#include "daemon/sync/fetching/steps/check_steps.hpp"
#include "daemon/sync/fetching/worker_pool.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/source.hpp"

namespace tokensyncd::sync {

/// Asks the source for tokens, and sees to it that each call ends by an answer, or by a failure
/// that stands for one. For the loop's thread.
class fetcher {
 public:
  /// All must outlive this.
  fetcher(clock& time, fleet& all, dispatcher& plan, event_tracker& events, worker_pool& pool,
          call_watch& watch, check_steps& steps);

  /// The source to ask; in force from the next call on.
  void use(std::shared_ptr<source> from) { source_ = std::move(from); }
  [[nodiscard]] const std::shared_ptr<source>& from() const noexcept { return source_; }

  /// Prepares the call for the workspace that `me` has taken, and notes that it is attempted.
  call begin(const worker& me);

  /// Makes that call, and sets `what.error` if there is no answer. A call that call_watch gives up
  /// ends by `timed_out`. Throws system_error(operation_aborted) when cancelled.
  task<fetched> fetch(call& what);

  /// Makes a call for a command that only looks and has waited for the budget's turn: neither
  /// schedule nor ledger hear of it, but its meaning for the API as a whole is reported. Throws as
  /// fetch().
  task<fetched> fetch_aside(handle who, std::string id);

 private:
  [[nodiscard]] fetched not_waited_for(const call& what) const;

  clock& time_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
  worker_pool& pool_;
  call_watch& watch_;
  check_steps& steps_;
  std::shared_ptr<source> source_;
};

}  // namespace tokensyncd::sync
