#pragma once

#include <memory>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Waits for a moment, and can be woken before it. One waiter at a time. For the loop's thread.
class sleeper {
 public:
  virtual ~sleeper() = default;

  /// Completes at `when`, at once where that has passed, or when wake() is called. A wake() while
  /// nobody sleeps is not remembered. Throws system_error(operation_aborted) when the coroutine is
  /// cancelled.
  virtual task<void> sleep_until(steady_time when) = 0;

  /// Ends the current sleep, if there is one. From the loop's thread alone.
  virtual void wake() noexcept = 0;
};

/// The time, and the waiting for it; passed in, so that a test runs a day in a millisecond. For the
/// loop's thread.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual steady_time now() const noexcept = 0;
  [[nodiscard]] virtual wall_time wall() const noexcept = 0;
  [[nodiscard]] virtual std::unique_ptr<sleeper> make_sleeper() = 0;
};

/// The machine's own clocks; sleepers wait on `loop`, which must outlive them.
[[nodiscard]] std::unique_ptr<clock> make_system_clock(asio::io_context& loop);

}  // namespace tokensyncd
