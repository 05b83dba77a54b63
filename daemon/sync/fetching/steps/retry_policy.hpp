#pragma once

#include <chrono>
#include <optional>

#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/dispatch/priority.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// When a workspace is asked about next, with which priority and why: at `when`, or at the regular
/// time of its schedule, or at the earlier one of both.
struct next_check_plan {
  std::optional<steady_time> when{};
  bool is_regular = false;  ///< the regular time counts
  priority rank = priority::poll;
  trigger why = trigger::poll;
};

/// A check that was answered, as far as the next one depends on it.
struct answered_check {
  steady_time now{};
  pending_rotation pending = pending_rotation::none;  ///< of the workspace: see stored_workspace
  std::optional<steady_time> repetition{};            ///< wanted because of an event; none: none is
  /// Answers disagree, and more of them are wanted after this pause; none: they aren't.
  std::optional<std::chrono::milliseconds> vote_after{};
};

/// A check that failed, as far as the next one depends on it.
struct failed_check {
  steady_time now{};
  trigger why = trigger::poll;
  pending_rotation pending = pending_rotation::none;  ///< of the workspace: see stored_workspace
  bool may_pass = true;   ///< false: the API denies the workspace, or doesn't know it
  unsigned failures = 1;  ///< of this workspace in a row, this one included
  /// Checks that failed since an event whose token no check has seen yet; none: no such event.
  std::optional<unsigned> failures_since_event{};
  std::optional<steady_time> repetition{};   ///< as in answered_check
  std::chrono::milliseconds interval{1000};  ///< of the workspace
  double jitter = 0;                         ///< random, from [0, 1): spreads the retries by 1 s
};

/// Decides when and with which priority a workspace is asked about again. Pure: time and jitter are
/// passed in.
class retry_policy {
 public:
  /// `patient`: a workspace that fails repeatedly waits for its regular time (a daemon); else it is
  /// retried within 15 s (`once`).
  explicit retry_policy(bool patient) : patient_(patient) {}

  [[nodiscard]] static next_check_plan after(const answered_check& what);
  [[nodiscard]] next_check_plan after(const failed_check& what) const;

 private:
  bool patient_;
};

}  // namespace tokensyncd::sync
