#include "daemon/sync/dispatch/budget.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace tokensyncd::sync {
namespace {

constexpr double urgent_reserve = 0.2;  // of the bucket
constexpr double saved_share = 0.25;    // of the bucket, for retries
constexpr double retry_share = 0.2;     // of the rate, at most
constexpr double poll_least = 0.25;     // of the calls that are made
constexpr double retry_least = 0.05;    // of the calls that are made
constexpr double recovery_seconds = 60;
constexpr double longest_turn_seconds = 0.005;
constexpr double slowest_share = 1.0 / 32;
// Sums of small steps: a token that is there but for rounding is there.
constexpr double enough = 1e-9;

/// After a call: the next turn that is promised has come closer, or has been used.
void earn(double& credit, double share, bool used) {
  credit = std::clamp(credit + share - (used ? 1.0 : 0.0), 0.0, 1.0);
}

}  // namespace

budget::budget(double limit, steady_time now)
    : limit_(limit), rate_(limit), level_(depth()), filled_at_(now) {}

double budget::depth() const {
  // A call of the lower priorities needs its own token beside the reserve, so 2 at least. What
  // comes between two turns of a busy loop must fit in, or a high rate is never reached.
  return std::max(std::clamp(limit_ / 2, 2.0, 10.0), limit_ * longest_turn_seconds);
}

void budget::set_limit(double limit, steady_time now) {
  refill(now);
  const bool was_slowed = rate_ < limit_;
  limit_ = limit;
  rate_ = was_slowed ? std::min(rate_, limit) : limit;
  level_ = std::min(level_, depth());
}

void budget::refill(steady_time now) {
  const double seconds = std::chrono::duration<double>(now - filled_at_).count();
  if (seconds <= 0) return;
  filled_at_ = now;
  level_ = std::min(depth(), level_ + rate_ * seconds);
  const double saved_most = std::max(1.0, depth() * saved_share);
  retry_credit_ = std::min(saved_most, retry_credit_ + rate_ * retry_share * seconds);
  rate_ = rate_after(seconds);
}

double budget::rate_after(double seconds) const {
  return std::min(limit_, rate_ + limit_ * std::max(0.0, seconds) / recovery_seconds);
}

bool budget::is_promised(priority who) const {
  if (who == priority::poll) return poll_promise_ >= 1 - enough;
  return who == priority::retry && retry_promise_ >= 1 - enough;
}

double budget::missing(priority who) const {
  const bool urgent = who <= priority::never_delivered;
  const double needed = urgent || is_promised(who) ? 1 : 1 + depth() * urgent_reserve;
  double tokens = needed - level_;
  if (who == priority::retry) tokens = std::max(tokens, (1 - retry_credit_) / retry_share);
  return tokens;
}

std::optional<priority> budget::turn(const waiting_set& waiting, steady_time now) {
  refill(now);
  const auto may_go = [&](priority who) {
    return waiting[index_of(who)] && (limit_ == 0 || missing(who) <= enough);
  };
  for (const auto who : {priority::poll, priority::retry})
    if (is_promised(who) && may_go(who)) return who;
  for (std::size_t i = 0; i < priority_count; ++i) {
    const auto who = static_cast<priority>(i);
    if (may_go(who)) return who;
  }
  return {};
}

void budget::spend(priority who, steady_time now) {
  refill(now);
  earn(poll_promise_, poll_least, who == priority::poll);
  earn(retry_promise_, retry_least, who == priority::retry);
  if (limit_ == 0) return;
  level_ -= 1;
  if (who == priority::retry) retry_credit_ -= 1;
}

steady_time budget::next_turn(const waiting_set& waiting, steady_time now) {
  if (std::find(waiting.begin(), waiting.end(), true) == waiting.end()) return steady_time::max();
  refill(now);
  if (limit_ == 0) return now;
  double tokens = HUGE_VAL;
  for (std::size_t i = 0; i < priority_count; ++i) {
    if (waiting[i]) tokens = std::min(tokens, missing(static_cast<priority>(i)));
  }
  if (tokens <= 0) return now;
  const auto wait = std::chrono::duration<double>(tokens / rate_);
  return now + std::chrono::ceil<std::chrono::milliseconds>(wait);
}

void budget::slow_down(steady_time now) {
  refill(now);
  rate_ = std::max(rate_ / 2, limit_ * slowest_share);
}

double budget::rate(steady_time now) const {
  return rate_after(std::chrono::duration<double>(now - filled_at_).count());
}

}  // namespace tokensyncd::sync
