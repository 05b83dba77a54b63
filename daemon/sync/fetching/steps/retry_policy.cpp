#include "daemon/sync/fetching/steps/retry_policy.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds quick_retry = 1s;
constexpr milliseconds longest_impatience = 15s;
constexpr milliseconds longest_announced = 5min;

/// Why something new is expected of a workspace.
trigger because_of(pending_rotation pending) {
  return pending == pending_rotation::ordered ? trigger::command : trigger::webhook;
}

}  // namespace

next_check_plan retry_policy::after(const answered_check& what) {
  if (what.repetition) {
    return {what.repetition, true, priority::out_of_sync, because_of(what.pending)};
  }
  if (what.vote_after) return {what.now + *what.vote_after, false, priority::out_of_sync};
  return {{}, true, priority::poll};
}

next_check_plan retry_policy::after(const failed_check& what) const {
  const milliseconds soon = quick_retry + milliseconds{static_cast<int>(1000 * what.jitter)};
  const auto backed_off = [&](unsigned times, milliseconds most) {
    return backoff{soon, most}.after(times);
  };
  if (what.may_pass && what.failures_since_event) {
    // No answer says nothing about what was announced: it is asked for until there is one.
    const milliseconds usual = patient_ ? what.interval : longest_impatience;
    const milliseconds most = std::min(usual, longest_announced);
    const milliseconds pause = backed_off(*what.failures_since_event, most);
    return {what.now + pause, false, priority::retry, because_of(what.pending)};
  }
  if (what.repetition) {
    const steady_time when = std::max(*what.repetition, what.now + soon);
    return {when, false, priority::retry, because_of(what.pending)};
  }
  const bool is_over = what.why == trigger::webhook || what.why == trigger::command;
  const trigger why = is_over ? trigger::poll : what.why;
  if (what.may_pass && what.failures == 1) {
    return {what.now + soon, false, priority::retry, why};
  }
  if (!patient_) {
    const milliseconds pause = backed_off(what.failures, longest_impatience);
    return {what.now + pause, false, priority::retry, why};
  }
  return {{}, true, priority::poll, why};
}

}  // namespace tokensyncd::sync
