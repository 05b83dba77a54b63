#include "daemon/sync/dispatch/event_tracker.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct event_tracker_test : testing::Test {
  event_tracker_test() { known.expect(true); }
  event_tracker known;
};

TEST_F(event_tracker_test, an_event_asks_for_a_check_that_begins_after_it) {
  const auto check_request = known.came(1, false, start);
  EXPECT_TRUE(check_request.afresh);
  EXPECT_EQ(known.next(2, false, start), std::nullopt) << "another workspace";
}

TEST_F(event_tracker_test, repeats_a_check_without_news_at_growing_distances_for_a_minute) {
  known.came(1, false, start);
  known.asked(1, start);
  auto now = start + 10ms;
  auto wait = 250ms;
  int repeated = 0;
  while (const auto again = known.next(1, false, now)) {
    EXPECT_EQ(*again - now, wait);
    wait *= 2;
    now = *again;
    known.asked(1, now);
    ++repeated;
  }
  EXPECT_EQ(repeated, 8);
  EXPECT_GE(now - start, 60s);
  EXPECT_EQ(known.next(1, false, now + 1h), std::nullopt);
}

TEST_F(event_tracker_test, news_end_the_repetitions_unless_the_question_is_older_than_the_event) {
  known.asked(1, start - 1ms);
  known.came(1, false, start);
  EXPECT_TRUE(known.next(1, true, start + 1ms)) << "asked before it came";
  known.asked(1, start + 2ms);
  EXPECT_FALSE(known.next(1, true, start + 3ms));
  known.asked(1, start + 4ms);
  EXPECT_FALSE(known.next(1, false, start + 5ms));
}

TEST_F(event_tracker_test, a_copy_waits_until_250_ms_after_the_last_question) {
  known.came(1, false, start);
  auto check_request = known.came(1, true, start + 1ms);
  EXPECT_FALSE(check_request.afresh);
  EXPECT_EQ(check_request.when, start + 1ms)
      << "nothing was asked yet: the check that is due will do";
  known.asked(1, start + 2ms);
  check_request = known.came(1, true, start + 3ms);
  EXPECT_EQ(check_request.when, start + 252ms);
  check_request = known.came(1, true, start + 900ms);
  EXPECT_EQ(check_request.when, start + 900ms);
}

TEST_F(event_tracker_test, a_copy_whose_first_one_is_unknown_counts_as_the_first) {
  EXPECT_TRUE(known.came(1, true, start).afresh);
}

TEST_F(event_tracker_test, a_copy_during_a_question_has_it_asked_again_and_no_repetitions_anew) {
  known.came(1, false, start);
  known.asked(1, start);
  known.came_in_flight(1);
  EXPECT_EQ(known.next(1, true, start + 20ms), start + 250ms);
  known.asked(1, start + 250ms);
  EXPECT_EQ(known.next(1, false, start + 260ms), std::nullopt);
}

TEST_F(event_tracker_test, a_second_event_begins_the_repetitions_anew) {
  known.came(1, false, start);
  known.asked(1, start);
  EXPECT_FALSE(known.next(1, true, start + 1ms));
  EXPECT_TRUE(known.came(1, false, start + 5s).afresh);
  known.asked(1, start + 5s);
  EXPECT_EQ(known.next(1, false, start + 5s), start + 5s + 250ms);
}

TEST_F(event_tracker_test, counts_what_a_poll_finds_and_no_event_announces_within_a_minute) {
  known.rotated(1, trigger::poll, start, start);
  EXPECT_EQ(known.missed(start + 60s), 0U);
  EXPECT_EQ(known.missed(start + 61s), 1U);
  known.rotated(2, trigger::poll, start, start);
  known.came(2, false, start + 59s);
  EXPECT_EQ(known.missed(start + 10min), 1U) << "it came a moment later";
  known.rotated(3, trigger::poll, start, start);
  known.came(3, false, start + 61s);
  EXPECT_EQ(known.missed(start + 10min), 2U) << "it came too late";
}

TEST_F(event_tracker_test, counts_both_of_two_that_no_event_announced) {
  known.rotated(1, trigger::poll, start, start);
  known.rotated(1, trigger::poll, start + 10s, start + 10s);
  EXPECT_EQ(known.missed(start + 10min), 2U);
}

TEST_F(event_tracker_test, misses_nothing_that_an_event_had_announced_just_before) {
  known.came(1, false, start);
  known.rotated(1, trigger::poll, start + 1s, start + 1s);
  EXPECT_EQ(known.missed(start + 10min), 0U);
}

TEST_F(event_tracker_test,
       misses_nothing_that_was_found_otherwise_or_while_no_events_are_expected) {
  known.rotated(1, trigger::webhook, start, start);
  known.rotated(2, trigger::startup, start, start);
  known.rotated(3, trigger::command, start, start);
  EXPECT_EQ(known.missed(start + 10min), 0U);
  known.rotated(4, trigger::poll, start, start);
  known.expect(false);
  known.rotated(5, trigger::poll, start, start);
  EXPECT_EQ(known.missed(start + 10min), 0U);
}

TEST_F(event_tracker_test, the_event_of_our_own_rotation_is_no_news_whenever_it_comes) {
  known.came(1, false, start + 1ms);
  known.rotated(1, trigger::command, start, start + 2ms);
  known.asked(1, start + 3ms);
  EXPECT_FALSE(known.next(1, false, start + 4ms)) << "it came before the answer";
  known.came(1, false, start + 10s);
  known.asked(1, start + 10s);
  EXPECT_TRUE(known.next(1, false, start + 10s)) << "another one is another rotation's";

  known.rotated(2, trigger::command, start, start + 2ms);
  known.came(2, false, start + 5s);
  known.asked(2, start + 5s);
  EXPECT_FALSE(known.next(2, false, start + 5s)) << "it came after the answer";
  known.rotated(3, trigger::command, start, start);
  known.came(3, false, start + 61s);
  known.asked(3, start + 61s);
  EXPECT_TRUE(known.next(3, false, start + 61s)) << "too late to be ours";
}

TEST_F(event_tracker_test, forgets_a_workspace_that_left) {
  known.rotated(1, trigger::poll, start, start);
  known.came(2, false, start);
  known.forget(1, start);
  known.forget(2, start);
  EXPECT_EQ(known.missed(start + 10min), 0U);
  EXPECT_FALSE(known.next(2, false, start));
}

TEST_F(event_tracker_test, what_was_told_as_missed_stays_so_when_its_workspace_leaves) {
  known.rotated(1, trigger::poll, start, start);
  EXPECT_EQ(known.missed(start + 61s), 1U);
  known.forget(1, start + 62s);
  EXPECT_EQ(known.missed(start + 62s), 1U);
}

TEST_F(event_tracker_test, keeps_a_copy_that_came_in_flight_however_many_others_come) {
  known.came(1, false, start);
  known.asked(1, start);
  known.next(1, true, start);
  EXPECT_FALSE(known.is_open(1));
  known.asked(1, start + 2min);
  known.came(1, true, start + 2min);
  known.came_in_flight(1);
  EXPECT_TRUE(known.is_open(1));
  for (std::uint32_t slot = 2; slot < 1000; ++slot) known.came(slot, false, start + 2min);
  EXPECT_EQ(known.repeated(1, start + 2min), start + 2min + 250ms);
  EXPECT_EQ(known.next(1, false, start + 2min), start + 2min + 250ms);
}

TEST_F(event_tracker_test, remembers_a_copys_first_among_many_others) {
  for (std::uint32_t slot = 0; slot < 1000; ++slot) {
    known.came(slot, false, start);
    known.asked(slot, start);
    known.next(slot, true, start);
  }
  EXPECT_FALSE(known.came(0, true, start + 1s).afresh);
}

}  // namespace
}  // namespace tokensyncd::sync
