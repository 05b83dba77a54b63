#include "daemon/sinks/vault/server/circuit_breaker.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

void forbid_three(circuit_breaker& now, steady_time when) {
  for (const std::uint64_t path : {1U, 2U, 3U}) now.forbidden(path, when);
}

TEST(circuit_breaker, admits_everything_at_first) {
  circuit_breaker now;
  EXPECT_TRUE(now.admits(steady_time::min()));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(now.admits(start));
}

TEST(circuit_breaker, is_not_closed_by_one_path_or_two_however_often) {
  circuit_breaker now;
  for (unsigned i = 0; i < 1000; ++i) {
    now.forbidden(1 + i % 2, start);
    EXPECT_TRUE(now.admits(start));
  }
}

TEST(circuit_breaker, is_closed_for_a_second_by_the_third_different_path) {
  circuit_breaker now;
  forbid_three(now, start);
  EXPECT_FALSE(now.admits(start));
  EXPECT_FALSE(now.admits(start + 999ms));
  EXPECT_TRUE(now.admits(start + 1s));
}

TEST(circuit_breaker, is_not_closed_where_something_is_granted_in_between) {
  circuit_breaker now;
  for (std::uint64_t path = 0; path < 100; ++path) {
    now.forbidden(path, start);
    if (path % 2 == 1) now.granted();
    EXPECT_TRUE(now.admits(start));
  }
}

TEST(circuit_breaker, is_opened_by_what_is_granted) {
  circuit_breaker now;
  forbid_three(now, start);
  now.granted();
  EXPECT_TRUE(now.admits(start));
  now.forbidden(4, start);
  now.forbidden(5, start);
  EXPECT_TRUE(now.admits(start)) << "paths of before count no more";
}

TEST(circuit_breaker, admits_one_after_each_pause_which_grow_up_to_half_a_minute) {
  circuit_breaker now;
  steady_time time = start;
  forbid_three(now, time);
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
    EXPECT_FALSE(now.admits(time + pause - 1ms));
    time += pause;
    EXPECT_TRUE(now.admits(time));
    EXPECT_FALSE(now.admits(time)) << "one, not all who wait";
    now.forbidden(7, time);
  }
  now.granted();
  forbid_three(now, time);
  EXPECT_TRUE(now.admits(time + 1s)) << "it begins anew with a second";
}

TEST(circuit_breaker, admits_everything_again_after_the_one_was_granted) {
  circuit_breaker now;
  forbid_three(now, start);
  EXPECT_TRUE(now.admits(start + 1s));
  now.granted();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(now.admits(start + 1s));
}

TEST(circuit_breaker, counts_what_was_under_way_together_once) {
  circuit_breaker now;
  for (std::uint64_t path = 0; path < 20; ++path) now.forbidden(path, start + 10ms * path);
  EXPECT_TRUE(now.admits(start + 20ms + 1s));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
