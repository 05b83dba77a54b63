#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// Learns how many calls a second a rate limit quota (429) allows, and keeps just below it. Neither
/// Vault nor OpenBao says how many, and both count in windows that begin anew (1 s by default), so
/// what was answered before a refusal shows it. Until the first refusal nothing is held back; ten
/// minutes without one end it. Pure: time is passed in.
class quota_pace {
 public:
  /// When the next call may leave; in the past where it may now.
  [[nodiscard]] steady_time next() const noexcept;

  /// Whether calls that wait would wait for too long, so that their callers should hear of it: more
  /// than 5 s, or after more than three refusals in a row.
  [[nodiscard]] bool is_closed_for_long(steady_time now) const noexcept;
  [[nodiscard]] steady_time closed_until() const noexcept { return closed_until_; }

  /// Calls a second; none: not limited.
  [[nodiscard]] std::optional<double> rate() const noexcept { return rate_; }

  /// A call leaves: the next one keeps its distance.
  void sent(steady_time now) noexcept;

  /// A call was answered by something else than a refusal.
  void admitted(steady_time now);

  /// A call was refused. Nothing leaves for as long as Vault says (`wait`), 10 min at most; 0 means
  /// 1 s; where it doesn't say, or less than 0, 1 s, doubling to 60 s. Refusals of calls that were
  /// under way together count once.
  void refused(std::optional<std::chrono::milliseconds> wait, steady_time now);

 private:
  [[nodiscard]] double measured(steady_time now) const noexcept;
  void grow(steady_time now) noexcept;
  void forget_before(steady_time when) noexcept;

  std::optional<double> rate_;
  double ceiling_ = 0;  ///< calls a second that were too many
  steady_time next_ = steady_time::min();
  steady_time closed_until_ = steady_time::min();
  steady_time refused_at_ = steady_time::min();
  steady_time grown_at_ = steady_time::min();
  unsigned in_a_row_ = 0;           ///< refusals
  std::deque<steady_time> recent_;  ///< answers of the last second
  steady_time opened_at_{};         ///< the first answer after the last refusal
  double since_opened_ = 0;         ///< answers since then
};

}  // namespace tokensyncd::sinks::vault
