#pragma once

#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/call_watch.hpp"
#include "daemon/sync/fetching/steps/handover.hpp"
#include "daemon/sync/fetching/steps/next_checks.hpp"
#include "daemon/sync/fetching/steps/result_reporter.hpp"
#include "daemon/sync/fetching/steps/revision_recorder.hpp"
#include "daemon/sync/fetching/steps/upstream_reporter.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// The steps after a call to the Partner API has ended, which a check and a rotation share. For the
/// loop's thread.
struct check_steps {
  /// All must outlive this. `patient`: see retry_policy.
  check_steps(dependencies deps, fleet& all, dispatcher& plan, delivery& out, event_tracker& events,
              call_watch& watch, bool patient)
      : api(deps, all, plan, events, watch),
        recorder(deps, all, events),
        results(deps, all),
        sinks(deps.time, all, out),
        next(deps, all, plan, events, recorder.open_disputes(), api, patient) {}

  /// No answer came: reports the failure and schedules a retry. `why`: the trigger of the call.
  void fail(const call& what, const fetched& got, trigger why) {
    next.ended_in_vain(what, got);
    const auto failures = results.failed(what, got);
    next.after_failure(what, failures, why);
  }

  upstream_reporter api;
  revision_recorder recorder;
  result_reporter results;
  handover sinks;
  next_checks next;
};

}  // namespace tokensyncd::sync
