#pragma once

#include <exception>
#include <functional>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd {

/// Whether it is what Asio throws in a coroutine that was cancelled.
[[nodiscard]] bool is_cancellation(const std::exception_ptr& thrown);

/// A failure of kind `fault` for an exception that nobody expected. Names `task` and the type of
/// what was thrown, not its text, which may hold anything.
[[nodiscard]] failure fault_of(const std::string& task, const std::exception_ptr& thrown);

/// Runs `work` and has it begin anew when it ends by an exception, after 1 s, doubling to 1 min;
/// `tell` is called with each of them first. Ends when `work` returns, or, by operation_aborted,
/// when cancelled. `pause` is what it sleeps on between two runs: a wake() ends that early.
task<> supervised(clock& time, sleeper& pause, std::string name, std::function<task<>()> work,
                  std::function<void(const failure&)> tell);

/// The same with a sleeper of its own.
task<> supervised(clock& time, std::string name, std::function<task<>()> work,
                  std::function<void(const failure&)> tell);

/// What `work` returns; where it throws, fault_of() that. Only the caller's own cancellation is
/// thrown on.
template <class T>
task<result<T>> contained(std::string name, task<result<T>> work) {
  std::exception_ptr thrown;
  try {
    co_return co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  const bool stopped = state.cancelled() != asio::cancellation_type::none;
  if (stopped && is_cancellation(thrown)) std::rethrow_exception(thrown);
  co_return fault_of(name, thrown);
}

/// `work` as one that returns that it was done.
inline task<result<void>> with_result(task<> work) {
  co_await std::move(work);
  co_return result<void>{};
}

inline task<result<void>> contained(std::string name, task<> work) {
  return contained(std::move(name), with_result(std::move(work)));
}

}  // namespace tokensyncd
