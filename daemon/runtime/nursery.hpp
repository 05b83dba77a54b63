#pragma once

#include <exception>
#include <list>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "daemon/runtime/async.hpp"

namespace tokensyncd {

/// Coroutines that somebody waits for: the parent starts children, may ask all of them to end, and
/// joins them before it ends itself. For the loop's thread.
class nursery {
 public:
  explicit nursery(executor ex);
  ~nursery();  ///< No child may be left: join() first.
  nursery(const nursery&) = delete;
  nursery& operator=(const nursery&) = delete;

  /// Starts a child. What it throws is kept for watch() and join(), cancellation aside.
  void start(task<> child);

  /// Asks all children that run now to end (terminal cancellation).
  void cancel();

  /// Completes when a child has thrown, by throwing that; else never. Throws
  /// system_error(operation_aborted) when cancelled.
  task<> watch();

  /// Completes when no child is left, then throws what the first failing child threw. Not
  /// cancellable.
  task<> join();

 private:
  void ended(std::list<asio::cancellation_signal>::iterator child, const std::exception_ptr& error);

  executor ex_;
  std::list<asio::cancellation_signal> children_;
  std::exception_ptr error_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, executor>
      changed_;  // never expires; cancelled to wake who waits
};

}  // namespace tokensyncd
