#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/runtime/clock.hpp"

namespace tokensyncd::support {

/// Time moved by hand: coroutines on `loop` run until all of them wait, then the clock jumps to the
/// next moment that somebody sleeps for.
class manual_clock final : public clock {
 public:
  explicit manual_clock(asio::io_context& loop);
  ~manual_clock() override;

  [[nodiscard]] steady_time now() const noexcept override { return now_; }
  [[nodiscard]] wall_time wall() const noexcept override;
  [[nodiscard]] std::unique_ptr<sleeper> make_sleeper() override;

  /// Runs everything that becomes due within `span` from now.
  void run_for(std::chrono::nanoseconds span);

  /// Runs what can run without time passing.
  void settle();

  /// Called after each step: when all coroutines wait, before time passes.
  std::function<void()> on_step;

  /// How often a sleeper's time has come: the wake-ups that a real timer would have cost.
  [[nodiscard]] std::size_t wake_ups() const noexcept { return wake_ups_; }

 private:
  class manual_sleeper;
  asio::io_context& loop_;
  steady_time now_;
  wall_time start_;
  steady_time origin_;
  std::vector<manual_sleeper*> sleepers_;
  std::size_t wake_ups_ = 0;
};

}  // namespace tokensyncd::support
