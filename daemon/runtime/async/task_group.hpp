#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <list>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Coroutines that somebody waits for: the parent starts children, may ask all of them to end, and
/// joins them before it ends itself. For the loop's thread.
class task_group {
 public:
  /// `on_fault`: takes what a child throws, cancellation aside, so that it ends nothing else; none:
  /// that is kept for watch() and join().
  explicit task_group(executor ex, std::function<void(const std::exception_ptr&)> on_fault = {});
  ~task_group();  ///< No child may be left: join() first.
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  using child_id = std::uint64_t;

  /// Starts a child. The number names it for cancel().
  child_id start(task<> work);

  /// Asks all children that run now to end (terminal cancellation).
  void cancel();

  /// Asks one child to end; nothing where it has ended.
  void cancel(child_id which);

  /// Completes when a child has thrown, by throwing that; else never. Throws
  /// system_error(operation_aborted) when cancelled.
  task<> watch();

  /// Completes when no child is left, then throws what the first failing child threw. Not
  /// cancellable.
  task<> join();

 private:
  struct child {
    explicit child(child_id number) : id(number) {}
    child_id id;
    asio::cancellation_signal stop;
  };

  void ended(std::list<child>::iterator which, const std::exception_ptr& error);

  executor ex_;
  std::function<void(const std::exception_ptr&)> on_fault_;
  std::list<child> children_;
  child_id last_id_ = 0;
  std::exception_ptr error_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, executor>
      changed_;  // never expires; cancelled to wake who waits
};

}  // namespace tokensyncd
