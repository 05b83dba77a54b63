#include "daemon/telemetry/line_budget.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;

TEST(line_budget, lets_a_burst_pass_and_then_a_rate) {
  line_budget budget{3, 2};
  const steady_time start{1h};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.allow("a", start));
  EXPECT_FALSE(budget.allow("a", start));
  EXPECT_TRUE(budget.allow("a", start + 500ms));
  EXPECT_FALSE(budget.allow("a", start + 500ms));
}

TEST(line_budget, keeps_events_apart) {
  line_budget budget{1, 1};
  const steady_time start{1h};
  EXPECT_TRUE(budget.allow("a", start));
  EXPECT_FALSE(budget.allow("a", start));
  EXPECT_TRUE(budget.allow("b", start));
}

TEST(line_budget, tells_what_was_left_out_once_and_when_there_is_room_again) {
  line_budget budget{1, 1};
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
