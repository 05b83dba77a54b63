#include "daemon/runtime/backoff.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

TEST(backoff, doubles_from_the_first_failure_up_to_its_limit) {
  constexpr backoff pauses{1s, 5s};
  EXPECT_EQ(pauses.after(0), 0ms);
  EXPECT_EQ(pauses.after(1), 1s);
  EXPECT_EQ(pauses.after(2), 2s);
  EXPECT_EQ(pauses.after(3), 4s);
  EXPECT_EQ(pauses.after(4), 5s);
  EXPECT_EQ(pauses.after(std::numeric_limits<unsigned>::max()), 5s);
}

TEST(backoff, never_exceeds_a_limit_below_its_first_pause) {
  EXPECT_EQ((backoff{10s, 2s}.after(1)), 2s);
}

TEST(backoff, is_up_to_a_quarter_shorter_by_jitter_in_whole_milliseconds_upwards) {
  constexpr backoff pauses{1s, 1min};
  EXPECT_EQ(pauses.after(2, 0.0), 1500ms);
  EXPECT_EQ(pauses.after(2, 0.5), 1750ms);
  EXPECT_EQ(with_jitter(1ms, 0.0), 1ms);
  EXPECT_EQ(pauses.after(0, 0.9), 0ms);
}

}  // namespace
}  // namespace tokensyncd
