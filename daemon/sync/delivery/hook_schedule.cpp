#include "daemon/sync/delivery/hook_schedule.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr backoff between_tries{1s, 5min};

}  // namespace

void hook_schedule::want(steady_time now) noexcept {
  if (!wanted_) wanted_since_ = now;
  wanted_ = true;
  retry_at_ = now;
}

void hook_schedule::drop() noexcept {
  wanted_ = false;
  if (!running_) forgive();
}

steady_time hook_schedule::next_turn(bool busy) const noexcept {
  if (!wanted_ || running_) return steady_time::max();
  const steady_time due = std::max(not_before_, retry_at_);
  return busy ? std::max(due, wanted_since_ + patience) : due;
}

void hook_schedule::started(steady_time now, milliseconds debounce) noexcept {
  running_ = true;
  wanted_ = false;
  not_before_ = now + debounce;
}

void hook_schedule::succeeded() noexcept {
  running_ = false;
  forgive();
}

milliseconds hook_schedule::failed(steady_time now, double jitter) noexcept {
  running_ = false;
  const milliseconds wait = between_tries.after(++failures_, jitter);
  if (!failing_since_) failing_since_ = now;
  // What changed while it ran is tried at once.
  if (wanted_) return std::chrono::milliseconds{0};
  wanted_since_ = now;
  wanted_ = true;
  retry_at_ = now + wait;
  return wait;
}

}  // namespace tokensyncd::sync
