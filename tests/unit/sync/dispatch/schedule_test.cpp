#include "daemon/sync/dispatch/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

TEST(schedule, gives_entries_in_the_order_of_their_times_and_none_before) {
  schedule plan{start};
  plan.put(7, start + 30ms);
  plan.put(2, start + 10ms);
  plan.put(5, start + 20ms);
  EXPECT_EQ(plan.next(), start + 10ms);
  EXPECT_EQ(plan.take_due(start + 9ms), std::nullopt);
  EXPECT_EQ(plan.take_due(start + 20ms), 2U);
  EXPECT_EQ(plan.take_due(start + 20ms), 5U);
  EXPECT_EQ(plan.take_due(start + 20ms), std::nullopt);
  EXPECT_EQ(plan.take_due(start + 1h), 7U);
  EXPECT_EQ(plan.next(), std::nullopt);
}

TEST(schedule, rounds_up_to_a_slot_so_that_nothing_is_early) {
  schedule plan{start};
  plan.put(0, start + 11ms);
  plan.put(1, start + 20ms + 1ns);
  EXPECT_EQ(plan.when(0), start + 20ms);
  EXPECT_EQ(plan.when(1), start + 30ms);
}

TEST(schedule, agrees_with_a_sorted_map_over_many_random_moves) {
  schedule plan{start};
  std::map<std::uint32_t, steady_time> model;
  std::mt19937 random{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto entry = static_cast<std::uint32_t>(random() % 200);
    if (random() % 4 == 0) {
      plan.remove(entry);
      model.erase(entry);
    } else {
      const auto when = start + schedule::slot_width * static_cast<int>(random() % 1000);
      plan.put(entry, when);
      model[entry] = when;
    }
    const auto first = std::min_element(model.begin(), model.end(),
                                        [](auto& a, auto& b) { return a.second < b.second; });
    ASSERT_EQ(plan.next(), model.empty() ? std::nullopt : std::optional(first->second));
    ASSERT_EQ(plan.contains(entry), model.contains(entry));
  }
}

TEST(next_check, returns_to_the_phase_without_drift_whatever_the_jitter_was) {
  const auto interval = 60s;
  const auto phase = 17s;
  std::mt19937 random{2};
  std::uniform_real_distribution<double> jitter{-1, 1};
  steady_time now = first_check(start, interval, phase);
  const steady_time first = now;
  for (int round = 1; round <= 10'000; ++round) {
    now = next_check(now, interval, phase, 0.1, jitter(random));
    const auto off = now - (first + round * interval);
    ASSERT_LE(std::chrono::abs(off), 6s) << "round " << round;
  }
}

TEST(next_check, skips_what_was_missed) {
  const auto next = next_check(start + 1h + 5s, 60s, 0s, 0, 0);
  EXPECT_EQ(next, start + 1h + 60s);
}

TEST(next_check, after_a_start_an_event_or_a_command_is_no_longer_off_than_between_two_polls) {
  std::mt19937 random{3};
  std::uniform_real_distribution<double> jitter{-1, 1};
  for (auto after = 0s; after < 60s; ++after) {
    const auto plain = next_check(start + after, 60s, 0s, 0, 0) - (start + after);
    EXPECT_GE(plain, 30s);
    EXPECT_LE(plain, 60s + 1ms);
    const auto moved = next_check(start + after, 60s, 0s, 0.1, jitter(random)) - (start + after);
    EXPECT_GE(moved, 24s);
    EXPECT_LE(moved, 72s + 1ms);
  }
}

TEST(next_check, returns_to_the_phase_after_one_in_between) {
  for (auto after = 0s; after < 60s; ++after) {
    const auto second = next_check(start + after, 60s, 0s, 0, 0);
    const auto third = next_check(second, 60s, 0s, 0, 0);
    EXPECT_EQ((third - start) % 60s, 0s) << after;
    EXPECT_GE(third - second, 30s);
    EXPECT_LE(third - second, 60s + 1ms);
  }
}

TEST(next_check, that_came_early_by_its_jitter_is_not_made_twice) {
  const auto early = start + 60s - 6s;
  EXPECT_EQ(next_check(early, 60s, 0s, 0.1, 0), start + 120s);
}

TEST(phase_of, spreads_similar_ids_evenly_and_always_in_the_same_way) {
  std::vector<int> seconds(60);
  for (int i = 0; i < 60'000; ++i) {
    const auto phase = phase_of("acme-" + std::to_string(i), 60s);
    ++seconds[static_cast<std::size_t>(phase / 1s)];
  }
  EXPECT_LE(*std::max_element(seconds.begin(), seconds.end()), 1150);
  EXPECT_GE(*std::min_element(seconds.begin(), seconds.end()), 850);
  EXPECT_EQ(phase_of("acme", 60s), phase_of("acme", 60s));
}

}  // namespace
}  // namespace tokensyncd::sync
