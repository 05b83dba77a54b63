#include "daemon/sinks/vault/server/quota_pace.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(quota_pace, holds_nothing_back_until_it_is_refused) {
  quota_pace now;
  for (int i = 0; i < 1000; ++i) {
    now.sent(start);
    now.admitted(start);
  }
  EXPECT_LE(now.next(), start);
  EXPECT_FALSE(now.rate());
}

TEST(quota_pace, is_closed_for_as_long_as_vault_says_and_ten_minutes_at_most) {
  for (const auto& [said, expected] : {std::pair<milliseconds, milliseconds>{7s, 7s},
                                       {10min, 10min},
                                       {601s, 10min},
                                       {24h * 365, 10min},
                                       {milliseconds::max(), 10min},
                                       {0ms, 1s}}) {
    quota_pace now;
    now.refused(said, start);
    EXPECT_EQ(now.closed_until(), start + expected);
    EXPECT_GE(now.next(), start + expected);
  }
}

TEST(quota_pace, takes_a_zero_for_a_second_each_time) {
  // A quota of windows of one second says `Retry-After: 0`.
  quota_pace now;
  steady_time time = start;
  for (int i = 0; i < 5; ++i) {
    now.refused(0ms, time);
    EXPECT_EQ(now.closed_until(), time + 1s);
    time = now.closed_until();
  }
}

TEST(quota_pace, waits_ever_longer_where_vault_does_not_say) {
  for (const std::optional<milliseconds> said :
       {std::optional<milliseconds>{}, std::optional<milliseconds>{-1ms},
        std::optional<milliseconds>{milliseconds::min()}}) {
    quota_pace now;
    steady_time time = start;
    for (const milliseconds expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
      now.refused(said, time);
      EXPECT_EQ(now.closed_until(), time + expected);
      time = now.closed_until();
    }
    now.admitted(time);
    now.refused(said, time);
    EXPECT_EQ(now.closed_until(), time + 1s) << "an answer ends the row";
  }
}

TEST(quota_pace, takes_refusals_that_were_under_way_together_for_one) {
  quota_pace now;
  for (int i = 0; i < 8; ++i) now.refused({}, start + i * 10ms);
  EXPECT_EQ(now.closed_until(), start + 1s);
  now.refused({}, start + 1s);
  EXPECT_EQ(now.closed_until(), start + 3s) << "the second in a row, not the ninth";
}

TEST(quota_pace, lets_callers_wait_for_a_few_seconds_and_three_refusals_only) {
  quota_pace now;
  now.refused(5s, start);
  EXPECT_FALSE(now.is_closed_for_long(start));
  now = {};
  now.refused(6s, start);
  EXPECT_TRUE(now.is_closed_for_long(start));
  EXPECT_FALSE(now.is_closed_for_long(start + 6s)) << "one may ask again";
  now = {};
  steady_time time = start;
  for (int i = 0; i < 3; ++i) {
    now.refused(1s, time);
    EXPECT_FALSE(now.is_closed_for_long(time)) << i;
    time += 1s;
  }
  now.refused(1s, time);
  EXPECT_TRUE(now.is_closed_for_long(time));
}

TEST(quota_pace, forgets_a_quota_that_refused_nothing_for_ten_minutes) {
  quota_pace now;
  now.refused({}, start);
  now.admitted(start + 10min - 1ms);
  EXPECT_TRUE(now.rate());
  now.admitted(start + 10min);
  EXPECT_FALSE(now.rate());
}

/// A server's quota, as both Vault and OpenBao count: so many in each concurrency_limiter, and they
/// begin anew.
struct quota {
  double a_second;
  double concurrency_limiter;  ///< s
  double phase;                ///< of a concurrency_limiter, at the first call
  std::int64_t current = -1;
  double used = 0;

  bool admits(double at) {
    const auto here = static_cast<std::int64_t>(std::floor(at / concurrency_limiter + phase));
    if (here != current) used = 0;
    current = here;
    if (used >= a_second * concurrency_limiter) return false;
    ++used;
    return true;
  }
};

steady_time moment(double at) {
  return start +
         std::chrono::duration_cast<steady_time::duration>(std::chrono::duration<double>{at});
}

struct outcome_of_a_minute {
  double admitted = 0;
  double refused = 0;
};

/// Calls for a minute, one after the other, each answered after a fraction of a millisecond.
outcome_of_a_minute call_for_a_minute(quota server) {
  quota_pace pace;
  outcome_of_a_minute seen;
  for (double at = 0; at < 60;) {
    if (pace.next() > moment(at)) {
      at = std::chrono::duration<double>(pace.next() - start).count() + 1e-6;
      continue;
    }
    pace.sent(moment(at));
    at += 0.0007;
    if (server.admits(at)) {
      ++seen.admitted;
      pace.admitted(moment(at));
    } else {
      ++seen.refused;
      pace.refused({}, moment(at));
    }
  }
  return seen;
}

TEST(quota_pace, uses_most_of_any_quota_and_is_hardly_ever_refused) {
  for (const double a_second : {3.0, 20.0, 50.0, 300.0}) {
    for (const double concurrency_limiter : {1.0, 5.0, 10.0}) {
      for (const double phase : {0.0, 0.3, 0.7, 0.95}) {
        const auto seen = call_for_a_minute({a_second, concurrency_limiter, phase});
        EXPECT_GE(seen.admitted, 0.8 * 60 * a_second)
            << a_second << " " << concurrency_limiter << " " << phase;
        EXPECT_LE(seen.refused, 15) << a_second << " " << concurrency_limiter << " " << phase;
      }
    }
  }
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
