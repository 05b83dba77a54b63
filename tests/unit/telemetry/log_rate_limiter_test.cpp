#include "daemon/telemetry/log_rate_limiter.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;

TEST(log_rate_limiter, lets_a_burst_pass_and_then_a_rate) {
  log_rate_limiter budget{3, 2};
  const steady_time start{1h};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.allow("a", start));
  EXPECT_FALSE(budget.allow("a", start));
  EXPECT_TRUE(budget.allow("a", start + 500ms));
  EXPECT_FALSE(budget.allow("a", start + 500ms));
}

TEST(log_rate_limiter, keeps_events_apart) {
  log_rate_limiter budget{1, 1};
  const steady_time start{1h};
  EXPECT_TRUE(budget.allow("a", start));
  EXPECT_FALSE(budget.allow("a", start));
  EXPECT_TRUE(budget.allow("b", start));
}

TEST(log_rate_limiter, tells_what_was_left_out_once_and_when_there_is_room_again) {
  log_rate_limiter budget{1, 1};
  const steady_time start{1h};
  budget.allow("a", start);
  budget.allow("a", start);
  budget.allow("a", start);
  EXPECT_FALSE(budget.take_suppressed(start));
  const auto lost = budget.take_suppressed(start + 1s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->event, "a");
  EXPECT_EQ(lost->lines, 2U);
  EXPECT_FALSE(budget.take_suppressed(start + 1s));
}

}  // namespace
}  // namespace tokensyncd::telemetry
