#include "daemon/sinks/vault/window.hpp"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr steady_time start{1000h};

trouble quota(std::optional<milliseconds> wait = {}) {
  return {cause::quota, {}, wait};
}

const trouble overload{cause::broken, {}, {}};

void widen(window& of, unsigned to) {
  for (unsigned i = 0; i < 100 && of.width() < to; ++i) of.succeeded();
  ASSERT_EQ(of.width(), to);
}

TEST(window, begins_with_two_and_is_open) {
  const window fresh;
  EXPECT_EQ(fresh.width(), 2U);
  EXPECT_LT(fresh.closed_until(), start);
}

TEST(window, grows_by_one_after_as_many_successes_as_it_is_wide_up_to_eight) {
  window now;
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

TEST(window, is_halved_by_an_overload_down_to_one_and_stays_open) {
  window now;
  widen(now, 7);
  for (const unsigned expected : {3U, 1U, 1U}) {
    now.failed(overload, start);
    EXPECT_EQ(now.width(), expected);
    EXPECT_LT(now.closed_until(), start);
  }
  now.succeeded();
  EXPECT_EQ(now.width(), 2U);
}

TEST(window, counts_successes_anew_after_an_overload) {
  window now;
  widen(now, 8);
  for (unsigned i = 0; i < 7; ++i) now.succeeded();
  now.failed(overload, start);
  for (unsigned i = 0; i < 3; ++i) now.succeeded();
  EXPECT_EQ(now.width(), 4U);
  now.succeeded();
  EXPECT_EQ(now.width(), 5U);
}

TEST(window, closes_for_as_long_as_vault_says) {
  window now;
  now.failed(quota(7s), start);
  EXPECT_EQ(now.closed_until(), start + 7s);
  EXPECT_EQ(now.width(), 1U);
}

TEST(window, believes_ten_minutes_at_most) {
  for (const milliseconds said :
       {milliseconds{10min}, milliseconds{601s}, milliseconds{24h * 365}, milliseconds::max()}) {
    window now;
    now.failed(quota(said), start);
    EXPECT_EQ(now.closed_until(), start + 10min);
  }
}

TEST(window, waits_ever_longer_where_vault_does_not_say) {
  for (const std::optional<milliseconds> said :
       {std::optional<milliseconds>{}, std::optional<milliseconds>{0ms},
        std::optional<milliseconds>{-1ms}, std::optional<milliseconds>{milliseconds::min()}}) {
    window now;
    steady_time time = start;
    for (const milliseconds expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
      now.failed(quota(said), time);
      EXPECT_EQ(now.closed_until(), time + expected);
      time = now.closed_until();
    }
    now.succeeded();
    now.failed(quota(said), time);
    EXPECT_EQ(now.closed_until(), time + 1s) << "a success ends the row";
  }
}

TEST(window, takes_refusals_that_were_under_way_together_for_one) {
  window now;
  widen(now, 8);
  for (unsigned i = 0; i < 8; ++i) now.failed(quota(), start + i * 10ms);
  EXPECT_EQ(now.closed_until(), start + 1s);
  EXPECT_EQ(now.width(), 4U);
  now.failed(quota(), start + 1s);
  EXPECT_EQ(now.closed_until(), start + 3s) << "the second in a row, not the ninth";
  EXPECT_EQ(now.width(), 2U);
}

TEST(window, is_halved_by_another_overload_while_it_is_closed) {
  window now;
  widen(now, 8);
  now.failed(quota(5s), start);
  now.failed(overload, start + 1s);
  EXPECT_EQ(now.width(), 2U);
  EXPECT_EQ(now.closed_until(), start + 5s);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
