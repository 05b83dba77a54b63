#include "daemon/sinks/vault/server/concurrency_limiter.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

void widen(concurrency_limiter& of, unsigned to) {
  for (unsigned i = 0; i < 100 && of.width() < to; ++i) of.succeeded();
  ASSERT_EQ(of.width(), to);
}

TEST(concurrency_limiter, begins_with_two) {
  EXPECT_EQ(concurrency_limiter{}.width(), 2U);
}

TEST(concurrency_limiter, grows_by_one_after_as_many_successes_as_it_is_wide_up_to_eight) {
  concurrency_limiter now;
  for (unsigned width = 2; width < 8; ++width) {
    for (unsigned i = 0; i < width; ++i) {
      EXPECT_EQ(now.width(), width);
      now.succeeded();
    }
  }
  EXPECT_EQ(now.width(), 8U);
  for (unsigned i = 0; i < 1000; ++i) now.succeeded();
  EXPECT_EQ(now.width(), 8U);
}

TEST(concurrency_limiter, is_halved_by_an_overload_down_to_one) {
  concurrency_limiter now;
  widen(now, 7);
  for (const unsigned expected : {3U, 1U, 1U}) {
    now.failed();
    EXPECT_EQ(now.width(), expected);
  }
  now.succeeded();
  EXPECT_EQ(now.width(), 2U);
}

TEST(concurrency_limiter, counts_successes_anew_after_an_overload) {
  concurrency_limiter now;
  widen(now, 8);
  for (unsigned i = 0; i < 7; ++i) now.succeeded();
  now.failed();
  for (unsigned i = 0; i < 3; ++i) now.succeeded();
  EXPECT_EQ(now.width(), 4U);
  now.succeeded();
  EXPECT_EQ(now.width(), 5U);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
