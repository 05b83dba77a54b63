#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Threads for work that blocks (fsync, SQLite), apart from the loop and from each other: each kind
/// of work has its own pool, so that one that hangs delays nobody else. The destructor waits for
/// what has begun, and drops what hasn't.
class blocking_pool {
 public:
  /// Throws std::system_error where a thread can't be started, and leaves none behind.
  /// (Boost 1.81's asio::thread_pool waits for ever for those that it could start.)
  explicit blocking_pool(std::size_t threads) {
    threads_.reserve(threads);
    try {
      while (threads_.size() < threads) threads_.emplace_back([this] { work_.run(); });
    } catch (...) {
      end();
      throw;
    }
  }
  ~blocking_pool() { end(); }
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Runs `work()` on a thread of the pool and returns its value on the loop; what it throws is
  /// thrown here. Work that has begun can't be cancelled: a cancelled wait still waits for its end,
  /// so what `work` refers to may live in the caller's frame.
  template <class Work, class Value = std::invoke_result_t<Work&>>
  task<Value> run(Work work) {
    if constexpr (std::is_void_v<Value>) {
      co_await run_step(work);
    } else {
      std::optional<Value> value;
      auto step = [&value, &work] { value.emplace(work()); };
      co_await run_step(step);
      co_return std::move(*value);
    }
  }

 private:
  template <class Step>
  task<void> run_step(Step& step) {
    const auto home = co_await asio::this_coro::executor;
    auto initiate = [this, home, &step](auto handler) {
      // The guard keeps the loop alive while the only thing that it waits for is this thread.
      auto on_thread = [handler = std::move(handler), guard = asio::make_work_guard(home),
                        &step]() mutable {
        std::exception_ptr error;
        try {
          step();
        } catch (...) {
          error = std::current_exception();
        }
        // Moved: the last reference to what was thrown goes on the loop's thread, which reads it.
        auto back = [handler = std::move(handler), error = std::move(error)]() mutable {
          std::move(handler)(std::move(error));
        };
        asio::post(guard.get_executor(), std::move(back));
      };
      asio::post(work_, std::move(on_thread));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(std::exception_ptr)>(
        initiate, use_task);
  }

  void end() noexcept {
    work_.stop();
    for (std::thread& each : threads_) each.join();
  }

  asio::io_context work_;
  asio::executor_work_guard<asio::io_context::executor_type> more_{work_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace tokensyncd
