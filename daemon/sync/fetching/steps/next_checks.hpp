#pragma once

#include <cstdint>

#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/steps/disputes.hpp"
#include "daemon/sync/fetching/steps/retry_policy.hpp"
#include "daemon/sync/fetching/steps/revision_recorder.hpp"
#include "daemon/sync/fetching/steps/upstream_reporter.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// Has the dispatcher schedule the next check of a workspace after each one that ends: collects the
/// facts by which retry_policy decides. For the loop's thread.
class next_checks {
 public:
  /// All must outlive this. `patient`: see retry_policy.
  next_checks(dependencies deps, fleet& all, dispatcher& plan, event_tracker& events,
              const disputes& open, upstream_reporter& api, bool patient);

  /// `jitter`: see config::poll_settings.
  void configure(double jitter) noexcept { jitter_ = jitter; }

  /// A check was answered, and everything about the answer is done.
  void after_answer(const call& what, const fetched& got, const finding& found);

  /// A call got no answer, which is the first thing to be done about it: it has ended.
  void ended_in_vain(const call& what, const fetched& got);

  /// A check got no answer, and the failure is reported. `failures`: of the workspace in a row;
  /// `why`: the trigger of the check.
  void after_failure(const call& what, std::uint32_t failures, trigger why);

  /// Schedules a check after a failure that is the workspace's own.
  void retry(std::uint32_t slot, std::uint32_t failures, trigger why);

  /// A workspace that was throttled while others are answered waits alone.
  void leave_alone(const call& what);

  /// The regular time of the check after one that ended `now`.
  [[nodiscard]] steady_time next_check_of(const record& r, steady_time now);

 private:
  void repeat_stale(const call& what);
  void reschedule(std::uint32_t slot, bool news, steady_time now);
  void put(std::uint32_t slot, const next_check_plan& next, steady_time now);

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
  const disputes& disputes_;
  upstream_reporter& api_;
  retry_policy policy_;
  double jitter_ = 0;
};

}  // namespace tokensyncd::sync
