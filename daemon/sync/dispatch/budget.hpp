#pragma once

#include <optional>

#include "daemon/model/time.hpp"
#include "daemon/sync/dispatch/priority.hpp"

namespace tokensyncd::sync {

/// One budget for all calls of this process: a token bucket with an order and reserves.
///
/// The most urgent goes first. A fifth of the bucket is kept for rotate, event and never_delivered.
/// Whatever else waits, polls are promised a quarter of the calls and retries a twentieth: of the
/// calls that are made, which may be far fewer than the limit allows. Retries get a fifth of the
/// limit at most. A share that no call needs goes to the others. Pure: time is passed in.
class budget {
 public:
  /// `limit`: calls per second; 0: no limit.
  budget(double limit, steady_time now);

  /// A new limit, from a reload; what was saved up stays.
  void set_limit(double limit, steady_time now);

  /// Of those waiting, whose turn it is at `now`; none while nobody may go. Takes nothing.
  [[nodiscard]] std::optional<priority> turn(const waiting_set& waiting, steady_time now);

  /// Pays for one call.
  void spend(priority who, steady_time now);

  /// When turn() may give one of those waiting a turn, for a timer; `now` where it would at once.
  [[nodiscard]] steady_time next_turn(const waiting_set& waiting, steady_time now);

  /// The API said that we are too fast: halves the rate. It grows back within a minute.
  void slow_down(steady_time now);

  /// Calls per second in force at `now`; 0: no limit.
  [[nodiscard]] double rate(steady_time now) const;

 private:
  void refill(steady_time now);
  [[nodiscard]] double rate_after(double seconds) const;
  [[nodiscard]] double depth() const;
  [[nodiscard]] bool is_promised(priority who) const;
  [[nodiscard]] double missing(priority who) const;

  double limit_;
  double rate_;
  double level_;
  double poll_promise_ = 0;   // of a turn before all others: at 1 it is due
  double retry_promise_ = 0;  // the same
  double retry_credit_ = 1;   // calls that retries may make now
  steady_time filled_at_;
};

}  // namespace tokensyncd::sync
