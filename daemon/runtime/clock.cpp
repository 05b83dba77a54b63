#include "daemon/runtime/clock.hpp"

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace tokensyncd {
namespace {

using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;

class timer_sleeper final : public sleeper {
 public:
  explicit timer_sleeper(executor ex) : timer_(ex) {}

  task<void> sleep_until(steady_time when) override {
    timer_.expires_at(when);
    co_await timer_.async_wait(asio::as_tuple(use_task));
    // A wake and a cancellation both end the wait with operation_aborted; only the latter throws.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }

  void wake() noexcept override { timer_.cancel(); }

 private:
  timer timer_;
};

class system_clock final : public clock {
 public:
  explicit system_clock(asio::io_context& loop) : loop_(loop) {}

  steady_time now() const noexcept override { return std::chrono::steady_clock::now(); }

  wall_time wall() const noexcept override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  std::unique_ptr<sleeper> make_sleeper() override {
    return std::make_unique<timer_sleeper>(loop_.get_executor());
  }

 private:
  asio::io_context& loop_;
};

}  // namespace

std::unique_ptr<clock> make_system_clock(asio::io_context& loop) {
  return std::make_unique<system_clock>(loop);
}

}  // namespace tokensyncd
