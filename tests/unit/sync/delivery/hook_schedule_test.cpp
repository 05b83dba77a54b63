#include "daemon/sync/delivery/hook_schedule.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr steady_time never = steady_time::max();
constexpr double most = 1;  // jitter: the whole backoff

TEST(hook_schedule, runs_at_once_after_a_change) {
  hook_schedule when;
  EXPECT_EQ(when.next_turn(false), never);
  when.want(start);
  EXPECT_EQ(when.next_turn(false), start);
}

TEST(hook_schedule, then_at_most_once_per_debounce) {
  hook_schedule when;
  when.want(start);
  when.started(start, 2s);
  when.want(start + 100ms);
  EXPECT_EQ(when.next_turn(false), never) << "while it runs";
  when.succeeded();
  EXPECT_EQ(when.next_turn(false), start + 2s);
  when.started(start + 2s, 2s);
  when.succeeded();
  EXPECT_EQ(when.next_turn(false), never);
  when.want(start + 10s);
  EXPECT_EQ(when.next_turn(false), start + 10s);
}

TEST(hook_schedule, waits_a_little_for_what_comes_together) {
  hook_schedule when;
  when.want(start);
  when.want(start + 400ms);
  EXPECT_EQ(when.next_turn(true), start + hook_schedule::patience);
  EXPECT_LE(when.next_turn(false), start + 400ms);
}

TEST(hook_schedule, a_failure_is_retried_after_1_s_doubling_to_5_min) {
  hook_schedule when;
  when.want(start);
  steady_time now = start;
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
    when.started(now, 0s);
    EXPECT_EQ(when.failed(now, most), wait);
    EXPECT_EQ(when.next_turn(false), now + wait);
    now += wait;
  }
  EXPECT_EQ(when.failures(), 11U);
  when.started(now, 0s);
  when.succeeded();
  EXPECT_EQ(when.failures(), 0U);
  EXPECT_EQ(when.next_turn(false), never);
}

TEST(hook_schedule, a_retry_comes_up_to_a_quarter_earlier_by_chance) {
  hook_schedule when;
  when.want(start);
  when.started(start, 0s);
  EXPECT_EQ(when.failed(start, 0), 750ms);
}

TEST(hook_schedule, a_new_change_is_tried_at_once_although_the_last_run_failed) {
  hook_schedule when;
  when.want(start);
  when.started(start, 2s);
  for (int i = 0; i < 8; ++i) {
    when.failed(start, most);
    when.started(start, 2s);
  }
  when.failed(start, most);
  when.want(start + 30s);
  EXPECT_EQ(when.next_turn(false), start + 30s);
  EXPECT_EQ(when.failures(), 9U) << "which it doesn't forget";
}

TEST(hook_schedule, a_change_during_a_run_that_fails_is_tried_at_once_too) {
  hook_schedule when;
  when.want(start);
  when.started(start, 2s);
  when.want(start + 1s);
  when.failed(start + 3s, most);
  EXPECT_LE(when.next_turn(false), start + 3s);
}

TEST(hook_schedule, nothing_left_to_see_is_nothing_to_run_for) {
  hook_schedule when;
  when.want(start);
  when.started(start, 2s);
  when.failed(start, most);
  when.drop();
  EXPECT_EQ(when.next_turn(false), never);
  EXPECT_EQ(when.failures(), 0U);
}

}  // namespace
}  // namespace tokensyncd::sync
