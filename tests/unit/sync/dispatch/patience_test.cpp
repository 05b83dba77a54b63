#include "daemon/sync/dispatch/patience.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

TEST(patience, is_a_second_at_first_and_a_quarter_of_one_where_answers_are_quick) {
  patience left;
  EXPECT_EQ(left.now(), 1s);
  for (int i = 0; i < 30; ++i) left.answered(20ms);
  EXPECT_EQ(left.now(), 250ms);
}

TEST(patience, is_four_times_what_answers_take) {
  patience left;
  for (int i = 0; i < 30; ++i) left.answered(800ms);
  EXPECT_EQ(left.now(), 3200ms);
}

TEST(patience, grows_by_steps_so_that_one_slow_answer_does_not_hold_up_all) {
  patience left;
  for (int i = 0; i < 30; ++i) left.answered(50ms);
  left.answered(9s);
  EXPECT_LE(left.now(), 1s);
  for (int i = 0; i < 15; ++i) left.answered(50ms);
  EXPECT_EQ(left.now(), 250ms);
}

}  // namespace
}  // namespace tokensyncd::sync
