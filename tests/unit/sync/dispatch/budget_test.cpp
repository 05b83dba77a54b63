#include "daemon/sync/dispatch/budget.hpp"

#include <array>
#include <chrono>
#include <initializer_list>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

waiting_set waiting(std::initializer_list<priority> who) {
  waiting_set set{};
  for (const auto each : who) set[index_of(each)] = true;
  return set;
}

/// Lets those waiting go as the budget allows for `span`; returns how often each went.
std::array<int, priority_count> run(budget& calls, const waiting_set& set, steady_time& now,
                                    std::chrono::milliseconds span) {
  std::array<int, priority_count> went{};
  const steady_time end = now + span;
  while (now < end) {
    while (const auto who = calls.turn(set, now)) {
      calls.spend(*who, now);
      ++went[index_of(*who)];
    }
    now = std::min(end, std::max(now + 1ms, calls.next_turn(set, now)));
  }
  return went;
}

TEST(budget, reaches_a_high_rate_though_a_busy_loop_asks_every_few_milliseconds_alone) {
  budget calls{12'500, start};
  const auto polls = waiting({priority::poll});
  int went = 0;
  for (auto now = start; now < start + 10s; now += 4ms) {
    while (calls.turn(polls, now)) {
      calls.spend(priority::poll, now);
      ++went;
    }
  }
  EXPECT_GE(went, 124'000);
  EXPECT_LE(went, 126'000);
}

TEST(budget, lets_polls_alone_use_the_whole_rate_and_no_more) {
  budget calls{20, start};
  steady_time now = start;
  const auto went = run(calls, waiting({priority::poll}), now, 100s);
  EXPECT_GE(went[index_of(priority::poll)], 1998);
  EXPECT_LE(went[index_of(priority::poll)], 2010);
}

TEST(budget, gives_the_most_urgent_its_turn_first) {
  budget calls{20, start};
  const auto set = waiting({priority::retry, priority::out_of_sync, priority::event});
  EXPECT_EQ(calls.turn(set, start), priority::event);
}

TEST(budget, keeps_a_fifth_of_the_bucket_for_those_in_a_hurry) {
  budget calls{20, start};
  steady_time now = start;
  while (calls.turn(waiting({priority::out_of_sync}), now)) calls.spend(priority::out_of_sync, now);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(calls.turn(waiting({priority::event}), now), priority::event);
    calls.spend(priority::event, now);
  }
}

TEST(budget, promises_polls_a_quarter_while_the_urgent_never_end) {
  budget calls{20, start};
  steady_time now = start;
  const auto went = run(calls, waiting({priority::event, priority::poll}), now, 100s);
  EXPECT_NEAR(went[index_of(priority::poll)], 500, 15);
  EXPECT_NEAR(went[index_of(priority::event)], 1500, 25);
}

/// Lets those waiting go at a thousand calls a second: more isn't possible, whatever the limit.
std::array<int, priority_count> run_slowly(budget& calls, const waiting_set& set) {
  std::array<int, priority_count> went{};
  for (auto now = start; now < start + 10s; now += 1ms) {
    const auto who = calls.turn(set, now);
    if (!who) continue;
    calls.spend(*who, now);
    ++went[index_of(*who)];
  }
  return went;
}

TEST(budget, promises_polls_a_quarter_of_the_calls_that_are_made_not_of_those_that_are_allowed) {
  for (const double limit : {0.0, 1000.0, 4000.0, 5000.0, 100'000.0}) {
    budget calls{limit, start};
    const auto went = run_slowly(
        calls, waiting({priority::event, priority::out_of_sync, priority::poll, priority::retry}));
    EXPECT_NEAR(went[index_of(priority::poll)], 2500, 50) << limit;
    EXPECT_NEAR(went[index_of(priority::event)], 7000, 50) << limit;
  }
}

TEST(budget, promises_retries_a_twentieth_of_the_calls_while_polls_never_end) {
  for (const double limit : {0.0, 1000.0, 5000.0}) {
    budget calls{limit, start};
    const auto went = run_slowly(calls, waiting({priority::poll, priority::retry}));
    EXPECT_NEAR(went[index_of(priority::retry)], 500, 20) << limit;
    EXPECT_NEAR(went[index_of(priority::poll)], 9500, 50) << limit;
  }
}

TEST(budget, saves_up_no_promise_while_nobody_needs_it) {
  budget calls{5000, start};
  for (int i = 0; i < 1000; ++i) calls.spend(priority::event, start + i * 1ms);
  const auto set = waiting({priority::event, priority::poll});
  auto now = start + 1s;
  int polls = 0;
  for (int i = 0; i < 8; ++i, now += 1ms) {
    const auto who = calls.turn(set, now);
    ASSERT_TRUE(who);
    calls.spend(*who, now);
    polls += *who == priority::poll ? 1 : 0;
  }
  EXPECT_LE(polls, 3);
}

TEST(budget, lets_retries_have_a_fifth_at_most_even_when_nobody_else_waits) {
  budget calls{20, start};
  steady_time now = start;
  const auto went = run(calls, waiting({priority::retry}), now, 100s);
  EXPECT_LE(went[index_of(priority::retry)], 405);
  EXPECT_GE(went[index_of(priority::retry)], 390);
}

TEST(budget, halves_when_told_to_slow_down_and_grows_back_within_a_minute) {
  budget calls{20, start};
  calls.slow_down(start);
  EXPECT_DOUBLE_EQ(calls.rate(start), 10);
  EXPECT_NEAR(calls.rate(start + 15s), 15, 0.01);
  EXPECT_DOUBLE_EQ(calls.rate(start + 60s), 20);
}

TEST(budget, never_slows_down_to_nothing) {
  budget calls{20, start};
  for (int i = 0; i < 50; ++i) calls.slow_down(start);
  EXPECT_GT(calls.rate(start), 0.5);
}

TEST(budget, works_at_rates_below_one_a_second) {
  for (const auto who : {priority::event, priority::out_of_sync, priority::poll, priority::retry}) {
    budget calls{0.5, start};
    steady_time now = start;
    EXPECT_GE(run(calls, waiting({who}), now, 1000s)[index_of(who)], 95) << index_of(who);
  }
}

TEST(budget, without_a_limit_lets_everybody_go_at_once_in_order) {
  budget calls{0, start};
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(calls.turn(waiting({priority::out_of_sync, priority::event}), start),
              priority::event);
    calls.spend(priority::event, start);
  }
  EXPECT_EQ(calls.next_turn(waiting({priority::poll}), start), start);
}

TEST(budget, has_no_next_turn_when_nobody_waits) {
  budget limited{20, start};
  budget unlimited{0, start};
  EXPECT_EQ(limited.next_turn({}, start), steady_time::max());
  EXPECT_EQ(unlimited.next_turn({}, start), steady_time::max());
}

}  // namespace
}  // namespace tokensyncd::sync
