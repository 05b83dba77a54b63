#pragma once

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Runs both until the first ends, however it ends; then cancels the other, waits for it, and
/// throws what the first threw. (Asio's `||` goes on when the first one fails.)
inline task<> race(task<> one, task<> other) {
  const auto home = co_await asio::this_coro::executor;
  auto both = asio::experimental::make_parallel_group(
      asio::co_spawn(home, std::move(one), asio::deferred),
      asio::co_spawn(home, std::move(other), asio::deferred));
  const auto [order, first, second] =
      co_await both.async_wait(asio::experimental::wait_for_one(), use_task);
  const auto& error = order[0] == 0 ? first : second;
  if (error) {
    std::rethrow_exception(error);
  }
}

}  // namespace tokensyncd
