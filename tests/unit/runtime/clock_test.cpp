#include "daemon/runtime/clock.hpp"

#include <chrono>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

TEST(system_sleeper, ends_at_its_time_at_a_wake_and_by_throwing_when_cancelled) {
  asio::io_context loop{1};
  const auto clock = make_system_clock(loop);
  const auto sleeper = clock->make_sleeper();
  int woken = 0;

  auto scenario = [&]() -> task<> {
    using namespace asio::experimental::awaitable_operators;
    co_await sleeper->sleep_until(clock->now());
    ++woken;
    asio::post(loop, [&] { sleeper->wake(); });
    co_await sleeper->sleep_until(clock->now() + 1h);
    ++woken;
    auto soon = [&]() -> task<> {
      const auto other = clock->make_sleeper();
      co_await other->sleep_until(clock->now() + 1ms);
    };
    co_await (sleeper->sleep_until(clock->now() + 1h) || soon());
    ++woken;
  };
  asio::co_spawn(loop, scenario(), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  EXPECT_EQ(woken, 3);
}

}  // namespace
}  // namespace tokensyncd
