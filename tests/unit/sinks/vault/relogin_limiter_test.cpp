#include "daemon/sinks/vault/login/relogin_limiter.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

TEST(relogin_limiter, admits_the_second_login_after_15_s_and_then_one_each_60_s) {
  relogin_limiter limit;
  EXPECT_TRUE(limit.admits(start));
  limit.made(start);
  EXPECT_FALSE(limit.admits(start + 15s - 1ns));
  EXPECT_TRUE(limit.admits(start + 15s));
  limit.made(start + 15s);
  EXPECT_FALSE(limit.admits(start + 75s - 1ns));
  EXPECT_TRUE(limit.admits(start + 75s));
  limit.made(start + 75s);
  EXPECT_FALSE(limit.admits(start + 135s - 1ns));
  EXPECT_TRUE(limit.admits(start + 135s));
}

TEST(relogin_limiter, begins_anew_after_5_minutes_in_which_a_login_was_admitted) {
  relogin_limiter limit;
  limit.made(start);
  const steady_time soon = start + 15s + 5min - 1ns;
  const steady_time late = start + 15s + 5min;
  relogin_limiter another = limit;
  limit.made(late);
  EXPECT_TRUE(limit.admits(late + 15s));
  another.made(soon);
  EXPECT_FALSE(another.admits(soon + 60s - 1ns));
}

TEST(relogin_limiter, knows_whether_it_is_the_first_one_since_it_was_reset) {
  relogin_limiter limit;
  EXPECT_TRUE(limit.is_first());
  limit.made(start);
  EXPECT_FALSE(limit.is_first());
  limit.reset();
  EXPECT_TRUE(limit.is_first());
  EXPECT_TRUE(limit.admits(start));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
