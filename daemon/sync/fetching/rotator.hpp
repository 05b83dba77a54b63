#pragma once

#include <deque>
#include <memory>
#include <string>

#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/fetcher.hpp"
#include "daemon/sync/fetching/rotation_jobs.hpp"
#include "daemon/sync/fetching/steps/check_steps.hpp"
#include "daemon/sync/fetching/worker_pool.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// Carries out the orders to rotate: a worker whose workspace has one asks for a new token instead
/// of the current one, once and without being cancelled. For the loop's thread.
class rotator {
 public:
  /// All must outlive this.
  rotator(dependencies deps, fleet& all, dispatcher& plan, event_tracker& events, worker_pool& pool,
          fetcher& calls, check_steps& steps);

  [[nodiscard]] rotation_jobs& jobs() noexcept { return jobs_; }

  /// Whether a check must be answered before a new token is asked for.
  [[nodiscard]] bool looks_first(const rotation_job& job) const;

  /// The job that the worker which took a workspace does now; null: it checks. A job that must wait
  /// for another rotation is held back.
  [[nodiscard]] std::shared_ptr<rotation_job> job_for(handle who);

  /// Does a job. Not cancellable: a lost answer would be a token that nobody has.
  task<> rotate(std::shared_ptr<rotation_job> job);

  /// A check of a workspace has ended, and upstream_reporter::report() knows of it. A job that
  /// waited for the check goes on.
  void checked(const call& what);

 private:
  [[nodiscard]] std::shared_ptr<rotation_job> ready_job(handle who);
  [[nodiscard]] bool is_still_policy(const record& r, const rotation_job& job) const;
  void hold_back(handle who);
  [[nodiscard]] bool is_held_back(handle who) const;
  void let_next_rotate();
  void end(const std::shared_ptr<rotation_job>& job, bool broke_off);
  void follow_check(const call& what);
  task<> not_begun(const call& what, rotation_job& job);
  task<> ask(call& what, rotation_job& job);
  void left(const call& what, bool may_have_rotated, rotation_job& job);
  void look_at_returned(const std::string& id);
  task<> apply_response(const call& what, fetched& got);
  task<> rotated(const call& what, fetched& got, rotation_job& job);
  task<> not_rotated(const call& what, const rotation_answer& got, rotation_job& job);

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
  worker_pool& pool_;
  fetcher& fetcher_;
  check_steps& steps_;
  rotation_jobs jobs_;
  std::deque<handle> held_back_;  // whose turn to rotate comes when another rotation has ended
};

}  // namespace tokensyncd::sync
