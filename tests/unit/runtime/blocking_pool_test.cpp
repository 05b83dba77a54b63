#include "daemon/runtime/async/blocking_pool.hpp"

#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

TEST(blocking_pool, runs_work_on_its_own_thread_and_returns_on_the_loop) {
  asio::io_context loop{1};
  blocking_pool pool{1};
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id work_thread;
  std::thread::id back_thread;
  std::string value;

  auto scenario = [&]() -> task<> {
    auto work = [&work_thread] {
      work_thread = std::this_thread::get_id();
      return std::string("done");
    };
    value = co_await pool.run(work);
    back_thread = std::this_thread::get_id();
  };
  asio::co_spawn(loop, scenario(), asio::detached);
  loop.run();

  EXPECT_EQ(value, "done");
  EXPECT_NE(work_thread, loop_thread);
  EXPECT_EQ(back_thread, loop_thread);
}

TEST(blocking_pool, throws_on_the_loop_what_the_work_threw) {
  asio::io_context loop{1};
  blocking_pool pool{1};
  std::string caught;

  auto scenario = [&]() -> task<> {
    auto work = [] { throw std::runtime_error("disk on fire"); };
    try {
      co_await pool.run(work);
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
  };
  asio::co_spawn(loop, scenario(), asio::detached);
  loop.run();

  EXPECT_EQ(caught, "disk on fire");
}

}  // namespace
}  // namespace tokensyncd
