// What the vendor's events do: sooner, never more than the budget, never instead of a check.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_events_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

TEST_F(engine_events, brings_a_rotation_at_once_and_says_why) {
  begin();
  rotate_and_tell();
  time.settle();
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
  EXPECT_THAT(seen.lines, Contains("delivered acme files 2 written propagated"));
  time.run_for(10min);
  EXPECT_EQ(api->log.size(), 1U) << "what it announced was found";
}

TEST_F(engine_events, about_a_workspace_that_is_not_ours_do_nothing) {
  begin();
  EXPECT_FALSE(daemon->event("beta", false));
  EXPECT_FALSE(daemon->event("", false));
  time.run_for(1min);
  EXPECT_TRUE(api->log.empty());
}

TEST_F(engine_events, an_old_answer_after_an_event_is_asked_for_again_until_it_is_new) {
  begin();
  daemon->event("acme", false);
  time.run_for(3s);
  EXPECT_EQ(api->log.size(), 4U) << "0, 250 ms, 750 ms, 1750 ms";
  api->answers("acme", "two");
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
  const auto asked = api->log.size();
  time.run_for(10min);
  EXPECT_EQ(api->log.size(), asked);
}

TEST_F(engine_events, an_event_that_announces_nothing_costs_nine_calls_within_a_minute) {
  begin();
  daemon->event("acme", false);
  time.run_for(1h);
  EXPECT_EQ(api->log.size(), 9U);
  EXPECT_EQ(status("acme").next_check.has_value(), true);
}

TEST_F(engine_events, a_thousand_copies_cause_one_check_in_250_ms) {
  begin();
  rotate_and_tell();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(daemon->event("acme", true));
    time.run_for(1ms);
  }
  EXPECT_LE(api->log.size(), 5U);
  time.run_for(1h);
  EXPECT_LE(api->log.size(), 6U);
  EXPECT_GE(api->log.size(), 5U) << "the last one came after a question";
}

TEST_F(engine_events, a_copy_that_comes_after_the_last_question_is_not_dropped) {
  begin();
  rotate_and_tell();
  time.run_for(10ms);
  ASSERT_EQ(file("acme"), "two");
  api->answers("acme", "three");
  daemon->event("acme", true);
  time.run_for(200ms);
  EXPECT_EQ(file("acme"), "two");
  const auto asked = api->log.size();
  time.run_for(60ms);
  EXPECT_EQ(api->log.size(), asked + 1);
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "three") << "confirmed by three more answers";
}

TEST_F(engine_events, an_event_during_a_question_has_another_one_asked) {
  begin();
  api->hold();
  daemon->sync("acme");
  time.settle();
  ASSERT_EQ(api->log.size(), 1U);
  rotate_and_tell();
  time.run_for(1s);
  EXPECT_EQ(api->log.size(), 1U) << "one question a workspace at a time";
  api->release();
  time.settle();
  EXPECT_EQ(file("acme"), "two");
  EXPECT_EQ(api->log.size(), 2U);
}

TEST_F(engine_events, a_check_that_is_wanted_during_the_one_with_the_news_ends_the_matter) {
  begin();
  api->hold();
  rotate_and_tell();
  time.run_for(10ms);
  daemon->sync("acme");
  api->release();
  time.run_for(1h);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_EQ(api->log.size(), 2U);
}

TEST_F(engine_events, a_copy_during_a_question_waits_for_its_250_ms) {
  begin();
  api->hold();
  rotate_and_tell();
  time.run_for(10ms);
  ASSERT_EQ(api->log.size(), 1U);
  api->answers("acme", "three");
  daemon->event("acme", true);
  api->release();
  time.run_for(200ms);
  EXPECT_EQ(api->log.size(), 1U);
  EXPECT_EQ(file("acme"), "two");
  time.run_for(60ms);
  EXPECT_EQ(api->log.size(), 2U);
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "three") << "confirmed by three more answers";
}

TEST_F(engine_events, waits_for_the_end_of_a_throttle) {
  begin();
  api->fails("acme", failure_kind::throttled, 30s);
  daemon->sync("acme");
  time.settle();
  api->log.clear();
  rotate_and_tell();
  time.run_for(29s);
  EXPECT_TRUE(api->log.empty());
  time.run_for(1100ms);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
}

TEST_F(engine_events, waits_for_the_end_of_an_outage_and_is_not_lost_in_it) {
  begin();
  api->fails("acme", failure_kind::unreachable);
  daemon->sync("acme");
  time.settle();
  daemon->event("acme", false);
  time.run_for(2min);
  api->answers("acme", "two");
  time.run_for(31s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
}

TEST_F(engine_events, goes_before_all_polls) {
  rate_limit = 2;
  for (int i = 0; i < 40; ++i) {
    add("w" + std::to_string(100 + i), {0}, 24h);
    api->answers("w" + std::to_string(100 + i), "t");
  }
  start();
  time.run_for(1min);
  daemon->sync();
  time.run_for(2s);
  api->log.clear();
  rotate_and_tell();
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "two");
}

TEST_F(engine_events, of_many_workspaces_stay_in_the_budget) {
  rate_limit = 10;
  for (int i = 0; i < 100; ++i) {
    add("w" + std::to_string(100 + i), {0}, 24h);
    api->answers("w" + std::to_string(100 + i), "t");
  }
  start();
  time.run_for(2min);
  api->log.clear();
  for (int i = 0; i < 1000; ++i) {
    daemon->event("w" + std::to_string(100 + i % 100), i >= 100);
    time.run_for(5ms);
  }
  EXPECT_LE(api->log.size(), 5U * 10 + 6);
}

TEST_F(engine_events, a_rotation_that_a_poll_finds_is_missed_when_no_event_comes) {
  begin();
  api->answers("acme", "two");
  daemon->sync("acme");
  time.run_for(1min);
  EXPECT_EQ(daemon->fleet().missed_events, 0U) << "it may still come";
  time.run_for(1s);
  EXPECT_EQ(daemon->fleet().missed_events, 1U);
  api->answers("acme", "three");
  daemon->sync("acme");
  time.run_for(1s);
  daemon->event("acme", false);
  time.run_for(10min);
  EXPECT_EQ(daemon->fleet().missed_events, 1U);
}

TEST_F(engine_events, nothing_is_missed_where_none_are_expected) {
  expects_events = false;
  begin();
  api->answers("acme", "two");
  daemon->sync("acme");
  time.run_for(10min);
  EXPECT_EQ(daemon->fleet().missed_events, 0U);
}

TEST_F(engine_events, a_workspace_that_leaves_takes_its_event_with_it) {
  add("beta");
  api->answers("beta", "b");
  begin();
  daemon->event("acme", false);
  std::erase_if(workspaces, [](const auto& each) { return each.id == "acme"; });
  daemon->reload(setup());
  time.run_for(1min);
  EXPECT_LE(api->count("acme"), 1U);
  EXPECT_FALSE(daemon->event("acme", false));
}

}  // namespace
}  // namespace tokensyncd::sync
