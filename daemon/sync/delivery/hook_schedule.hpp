#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// Decides when a sink's hook runs: at once after a change, then at most once per `debounce`; after
/// a failure again and again, 1 s doubling to 5 min, until it succeeds. Pure: time and jitter are
/// passed in.
class hook_schedule {
 public:
  /// For so long a run waits for deliveries that are under way, so that what comes together is one
  /// run.
  static constexpr std::chrono::milliseconds patience{500};

  /// There is a change that no hook has seen. One that comes while an earlier one is being retried
  /// is tried at once.
  void want(steady_time now) noexcept;

  /// Nothing is left to be seen.
  void drop() noexcept;

  /// When the next run begins; the end of time while one is under way or nothing is wanted. `busy`:
  /// deliveries to its sink are under way.
  [[nodiscard]] steady_time next_turn(bool busy) const noexcept;

  /// A run begins, with all that is wanted now.
  void started(steady_time now, std::chrono::milliseconds debounce) noexcept;

  /// It ended well.
  void succeeded() noexcept;

  /// It failed; what it was to see is wanted again, after the returned time at the earliest.
  /// `jitter` from [0, 1).
  std::chrono::milliseconds failed(steady_time now, double jitter) noexcept;

  [[nodiscard]] bool is_running() const noexcept { return running_; }

  /// Runs that failed since the last good one.
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }

  /// When the first of them failed.
  [[nodiscard]] std::optional<steady_time> failing_since() const noexcept { return failing_since_; }

 private:
  void forgive() noexcept {
    failures_ = 0;
    failing_since_.reset();
  }

  bool wanted_ = false;
  bool running_ = false;
  std::uint32_t failures_ = 0;
  std::optional<steady_time> failing_since_{};
  steady_time wanted_since_{};
  steady_time not_before_ = steady_time::min();  ///< for the debounce
  steady_time retry_at_ = steady_time::min();
};

}  // namespace tokensyncd::sync
