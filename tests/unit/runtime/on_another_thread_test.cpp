#include "daemon/runtime/async/on_another_thread.hpp"

#include <new>
#include <thread>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

TEST(on_another_thread, returns_what_the_work_returns_there) {
  const auto where = on_another_thread([] { return std::this_thread::get_id(); });
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(on_another_thread, throws_what_the_work_throws) {
  const auto starve = []() -> int { throw std::bad_alloc(); };
  EXPECT_THROW(on_another_thread(starve), std::bad_alloc);
}

}  // namespace
}  // namespace tokensyncd
