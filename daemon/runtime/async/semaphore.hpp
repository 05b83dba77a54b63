#pragma once

#include <deque>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd {

/// Lets so many through at a time, first come, first served. For the loop's thread.
class semaphore {
 public:
  /// `time` must outlive this.
  semaphore(clock& time, unsigned at_once) noexcept : time_(time), at_once_(at_once) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// The right to be inside, given back when it is destroyed.
  class permit {
   public:
    explicit permit(semaphore& of) noexcept : semaphore_(&of) {}
    permit(permit&& other) noexcept;
    permit& operator=(permit&&) = delete;
    ~permit();

   private:
    semaphore* semaphore_;
  };

  /// Waits until there is room. Throws system_error(operation_aborted) when cancelled.
  task<permit> enter();

  /// How many may be inside from now on, at least 1. Those who are inside stay.
  void set_width(unsigned at_once);

  [[nodiscard]] unsigned width() const noexcept { return at_once_; }

  /// Whether one more could be inside now.
  [[nodiscard]] bool has_room() const noexcept { return inside_ < at_once_; }

 private:
  struct waiter;

  void let_next_in();

  clock& time_;
  unsigned at_once_;
  unsigned inside_ = 0;
  std::deque<waiter*> waiting_;
};

}  // namespace tokensyncd
