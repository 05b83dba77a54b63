#include "daemon/sinks/vault/brake.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1000h};

void forbid_three(brake& now, steady_time when) {
  for (const std::uint64_t path : {1U, 2U, 3U}) now.forbidden(path, when);
}

TEST(brake, is_open_at_first) {
  EXPECT_TRUE(brake{}.is_open(start));
  EXPECT_TRUE(brake{}.is_open(steady_time::min()));
}

TEST(brake, is_not_closed_by_one_path_or_two_however_often) {
  brake now;
  for (unsigned i = 0; i < 1000; ++i) {
    now.forbidden(1 + i % 2, start);
    EXPECT_TRUE(now.is_open(start));
  }
}

TEST(brake, is_closed_for_a_second_by_the_third_different_path) {
  brake now;
  forbid_three(now, start);
  EXPECT_FALSE(now.is_open(start));
  EXPECT_FALSE(now.is_open(start + 999ms));
  EXPECT_TRUE(now.is_open(start + 1s));
}

TEST(brake, is_not_closed_where_something_is_granted_in_between) {
  brake now;
  for (std::uint64_t path = 0; path < 100; ++path) {
    now.forbidden(path, start);
    if (path % 2 == 1) now.granted();
    EXPECT_TRUE(now.is_open(start));
  }
}

TEST(brake, is_opened_by_what_is_granted) {
  brake now;
  forbid_three(now, start);
  now.granted();
  EXPECT_TRUE(now.is_open(start));
  now.forbidden(4, start);
  now.forbidden(5, start);
  EXPECT_TRUE(now.is_open(start)) << "paths of before count no more";
}

TEST(brake, closes_for_ever_longer_up_to_half_a_minute) {
  brake now;
  steady_time time = start;
  now.forbidden(1, time);
  now.forbidden(2, time);
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
    now.forbidden(3, time);
    EXPECT_FALSE(now.is_open(time + pause - 1ms));
    EXPECT_TRUE(now.is_open(time + pause));
    time += pause;
  }
  now.granted();
  forbid_three(now, time);
  EXPECT_TRUE(now.is_open(time + 1s)) << "it begins anew with a second";
}

TEST(brake, stays_closed_when_any_path_is_forbidden_after_a_pause) {
  brake now;
  forbid_three(now, start);
  now.forbidden(1, start + 1s);
  EXPECT_FALSE(now.is_open(start + 2999ms));
  EXPECT_TRUE(now.is_open(start + 3s));
}

TEST(brake, counts_what_was_under_way_together_once) {
  brake now;
  for (std::uint64_t path = 0; path < 20; ++path) now.forbidden(path, start + 10ms * path);
  EXPECT_TRUE(now.is_open(start + 20ms + 1s));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
