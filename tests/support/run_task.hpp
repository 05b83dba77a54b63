#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::tests {

/// Runs the loop until it has nothing left to do, and returns what the coroutine returned.
template <class Value>
Value run_task(asio::io_context& loop, task<Value> work) {
  std::optional<Value> value;
  std::exception_ptr error;
  auto finished = [&](std::exception_ptr thrown, Value result) {
    error = thrown;
    value.emplace(std::move(result));
  };
  asio::co_spawn(loop, std::move(work), finished);
  loop.restart();
  loop.run();
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

inline void run_task(asio::io_context& loop, task<void> work) {
  std::exception_ptr error;
  auto finished = [&](std::exception_ptr thrown) { error = thrown; };
  asio::co_spawn(loop, std::move(work), finished);
  loop.restart();
  loop.run();
  if (error) std::rethrow_exception(error);
}

}  // namespace tokensyncd::tests
