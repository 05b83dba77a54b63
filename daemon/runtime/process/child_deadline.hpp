#pragma once

#include <memory>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd {

/// When one run of a program must be over, and whether its program has ended. It has no errors of
/// its own. For the loop's thread, one waiter at a time.
class child_deadline {
 public:
  /// `time` must outlive it.
  explicit child_deadline(clock& time) : time_(time), ended_or_late_(time.make_sleeper()) {}

  /// The program has until `when`.
  void set_limit(steady_time when) noexcept { limit_ = when; }

  /// It has to be through at `when`; a later time than its limit changes nothing.
  void end_by(steady_time when);

  /// The program is being killed, and its next signal goes at `when`, whatever end_by() asks.
  void set_next_signal(steady_time when) noexcept;

  /// The program has ended.
  void note_end();

  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  [[nodiscard]] steady_time limit() const noexcept { return limit_; }

  /// Returns when the program has ended, or when it is late. Throws
  /// system_error(operation_aborted) when cancelled.
  task<> until_ended_or_late();

 private:
  [[nodiscard]] steady_time next() const noexcept;

  clock& time_;
  std::unique_ptr<sleeper> ended_or_late_;
  steady_time limit_ = steady_time::max();
  steady_time stop_ = steady_time::max();  ///< asked for by end_by()
  bool killing_ = false;                   ///< `limit_` is when the next signal goes
  bool has_ended_ = false;
};

}  // namespace tokensyncd
