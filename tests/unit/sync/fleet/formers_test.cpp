#include "daemon/sync/fleet/formers.hpp"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr wall_time start{std::chrono::hours{1000}};

fingerprint print(std::uint8_t number) {
  fingerprint made;
  made.bytes[0] = number;
  return made;
}

bool knows(const formers& past, std::uint8_t number) {
  return std::ranges::find(past.of(1), print(number), &former_token::token) != past.of(1).end();
}

TEST(formers, remember_eight_however_old) {
  formers past;
  for (std::uint8_t i = 0; i < 20; ++i) {
    past.replaced(1, print(i), start, print(i + 1), start + i * 24h, false);
  }
  EXPECT_EQ(past.of(1).size(), 8U);
  EXPECT_FALSE(knows(past, 11));
  for (std::uint8_t i = 12; i < 20; ++i) EXPECT_TRUE(knows(past, i));
  EXPECT_EQ(past.of(1).front().token, print(19));
}

TEST(formers, remember_all_of_the_last_ten_minutes) {
  formers past;
  for (std::uint8_t i = 0; i < 100; ++i) {
    past.replaced(1, print(i), start, print(i + 1), start + i * 10s, false);
  }
  EXPECT_TRUE(knows(past, 40));
  EXPECT_FALSE(knows(past, 38));
}

TEST(formers, forget_one_that_is_the_current_one_again) {
  formers past;
  past.replaced(1, print(1), start, print(2), start, false);
  past.replaced(1, print(2), start, print(1), start + 1h, false);
  EXPECT_FALSE(knows(past, 1));
  EXPECT_TRUE(knows(past, 2));
}

TEST(formers, know_for_a_minute_that_the_current_one_was_ordered) {
  formers past;
  EXPECT_FALSE(past.was_ordered(1, start));
  past.replaced(1, print(1), start, print(2), start, true);
  EXPECT_TRUE(past.was_ordered(1, start + 59s));
  EXPECT_FALSE(past.was_ordered(1, start + 60s));
  past.replaced(1, print(2), start, print(3), start + 1s, false);
  EXPECT_FALSE(past.was_ordered(1, start + 2s));
}

TEST(formers, know_for_ten_minutes_that_the_current_one_is_fresh) {
  formers past;
  EXPECT_FALSE(past.is_fresh(1, start));
  past.replaced(1, print(1), start, print(2), start, false);
  EXPECT_TRUE(past.is_fresh(1, start + 599s));
  EXPECT_FALSE(past.is_fresh(1, start + 600s));
}

TEST(formers, cost_nothing_where_nothing_was_rotated) {
  formers past;
  past.restore(1, {});
  EXPECT_TRUE(past.of(1).empty());
  std::vector<fingerprint> all;
  past.add_to(all);
  EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace tokensyncd::sync
