#include "daemon/sinks/vault/server/quota_pace.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using seconds = std::chrono::duration<double>;

constexpr milliseconds longest_believed = 10min;
constexpr backoff guess{1s, 60s};  // where the server names no time
constexpr milliseconds long_wait = 5s;
constexpr unsigned many_refusals = 3;
constexpr milliseconds without_refusal_to_forget = 10min;

/// Late wake-ups may be made up for by as many calls as fit into this.
constexpr milliseconds burst = 100ms;

// Of what was measured or tried; the quota's windows and ours don't begin together.
constexpr double below_measured = 0.95;
constexpr double below_refused = 0.85;
constexpr double least_of_before = 0.5;  // others may have used the quota up just now
constexpr double first_at_least = 10;
constexpr double slowest = 0.5;

// Each second up to just below what was too much; half a minute later that is tried again.
constexpr double growth = 1.02;
constexpr double below_ceiling = 0.97;
constexpr double higher_ceiling = 1.05;
constexpr milliseconds at_the_ceiling = 30s;

}  // namespace

steady_time quota_pace::next() const noexcept {
  return std::max(closed_until_, next_);
}

bool quota_pace::is_closed_for_long(steady_time now) const noexcept {
  if (closed_until_ <= now) return false;
  return closed_until_ - now > long_wait || in_a_row_ > many_refusals;
}

void quota_pace::sent(steady_time now) noexcept {
  if (!rate_) return;
  const auto distance = std::chrono::duration_cast<steady_time::duration>(seconds{1 / *rate_});
  next_ = std::max(next_, now - burst) + distance;
}

void quota_pace::admitted(steady_time now) {
  if (in_a_row_ != 0 || since_opened_ == 0) {
    opened_at_ = now;
    since_opened_ = 0;
  }
  in_a_row_ = 0;
  ++since_opened_;
  forget_before(now - 1s);
  recent_.push_back(now);
  if (rate_) grow(now);
}

void quota_pace::grow(steady_time now) noexcept {
  if (now - refused_at_ >= without_refusal_to_forget) {
    rate_.reset();
    next_ = steady_time::min();
    return;
  }
  if (now - grown_at_ < 1s) return;
  const bool has_waited = now - std::max(refused_at_, grown_at_) >= at_the_ceiling;
  if (*rate_ < ceiling_ * below_ceiling) {
    rate_ = std::min(*rate_ * growth, ceiling_ * below_ceiling);
    grown_at_ = now;
  } else if (has_waited) {
    ceiling_ *= higher_ceiling;
    grown_at_ = now;
  }
}

double quota_pace::measured(steady_time now) const noexcept {
  if (in_a_row_ == 0) return static_cast<double>(recent_.size());
  // It stays closed for longer than we paused: its window is longer than a second.
  const double since = std::max(1.0, seconds{now - opened_at_}.count());
  return since_opened_ / since;
}

void quota_pace::refused(std::optional<milliseconds> wait, steady_time now) {
  if (now < closed_until_) return;
  forget_before(now - 1s);
  const double seen = measured(now);
  if (rate_) {
    ceiling_ = std::min(*rate_, std::max(seen, *rate_ * least_of_before));
    rate_ =
        std::max(*rate_ * least_of_before, std::min(*rate_ * below_refused, seen * below_measured));
  } else {
    ceiling_ = std::max(seen, first_at_least);
    rate_ = ceiling_ * below_measured;
  }
  rate_ = std::max(*rate_, slowest);
  milliseconds pause = guess.after(++in_a_row_);
  if (wait && *wait >= 0ms) pause = std::clamp<milliseconds>(*wait, 1s, longest_believed);
  closed_until_ = now + pause;
  refused_at_ = now;
  grown_at_ = closed_until_;
}

void quota_pace::forget_before(steady_time when) noexcept {
  while (!recent_.empty() && recent_.front() <= when) recent_.pop_front();
}

}  // namespace tokensyncd::sinks::vault
