#include "daemon/runtime/process/child_deadline.hpp"

#include <algorithm>

namespace tokensyncd {

void child_deadline::end_by(steady_time when) {
  stop_ = std::min(stop_, when);
  ended_or_late_->wake();
}

void child_deadline::set_next_signal(steady_time when) noexcept {
  killing_ = true;
  limit_ = when;
}

void child_deadline::note_end() {
  has_ended_ = true;
  ended_or_late_->wake();
}

steady_time child_deadline::next() const noexcept {
  return killing_ ? limit_ : std::min(limit_, stop_);
}

/// end_by() may bring the deadline forward meanwhile.
task<> child_deadline::until_ended_or_late() {
  while (!has_ended_ && time_.now() < next()) co_await ended_or_late_->sleep_until(next());
}

}  // namespace tokensyncd
