// Events that meet trouble: failing workspaces, stops, reloads, rotations of our own.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_events_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

TEST_F(engine_events, cuts_through_the_wait_of_a_failing_workspace_and_is_tried_again) {
  begin();
  api->fails("acme", failure_kind::malformed);
  daemon->sync("acme");
  time.run_for(1min);
  const auto asked = api->log.size();
  daemon->event("acme", false);
  time.settle();
  EXPECT_EQ(api->log.size(), asked + 1);
  time.run_for(10s);
  EXPECT_GE(api->log.size(), asked + 3);
  api->answers("acme", "two");
  time.run_for(20s);
  EXPECT_EQ(file("acme"), "two") << "not at the next poll, which is hours away";
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
}

TEST_F(engine_events, the_event_of_our_own_rotation_costs_no_more_than_the_check_that_confirms_it) {
  begin();
  api->rotates_to("acme", "two");
  api->hold_rotations();
  task_group command(loop.get_executor());
  command.start(rotate_acme());
  time.settle();
  ASSERT_EQ(api->posts.size(), 1U);
  daemon->event("acme", false);
  time.run_for(1s);
  EXPECT_TRUE(api->log.empty()) << "one call a workspace at a time";
  api->release_rotations();
  time.run_for(1h);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_EQ(api->log.size(), 1U) << "before the answer";

  api->rotates_to("acme", "three");
  command.start(rotate_acme());
  time.run_for(1s);
  daemon->event("acme", false);
  time.run_for(1h);
  EXPECT_EQ(api->posts.size(), 2U) << "an event never rotates";
  EXPECT_EQ(api->log.size(), 3U) << "after it: that one, and one for the event";
  EXPECT_EQ(daemon->fleet().missed_events, 0U);
}

TEST_F(engine_events, an_event_is_not_forgotten_while_the_workspace_alone_is_answered_500) {
  begin();
  api->fails("acme", failure_kind::server_error);
  daemon->event("acme", false);
  time.run_for(10min);
  EXPECT_LE(api->log.size(), 12U) << "fewer and fewer";
  EXPECT_GE(api->log.size(), 8U);
  api->answers("acme", "two");
  time.run_for(5min);
  EXPECT_EQ(file("acme"), "two") << "though the next poll is a day away";
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
}

TEST_F(engine_events, an_event_for_one_that_is_gone_makes_no_later_poll_the_events) {
  begin();
  api->fails("acme", failure_kind::gone);
  daemon->event("acme", false);
  time.run_for(2h);
  api->answers("acme", "two");
  time.run_for(48h);
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 poll"));
  EXPECT_EQ(daemon->fleet().missed_events, 1U);
}

TEST_F(engine_events, what_was_announced_before_a_stop_is_asked_about_first_after_it) {
  begin();
  daemon->event("acme", false);
  time.run_for(3s);
  stop();
  EXPECT_NE(state.workspaces["acme"].pending, pending_rotation::none);
  api->log.clear();
  start();
  time.run_for(2s);
  EXPECT_GE(api->log.size(), 3U) << "at once, and again, as it shows nothing new";
  api->answers("acme", "two");
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 webhook"));
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
  time.run_for(1h);
  stop();
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
}

TEST_F(engine_events, a_reload_with_another_interval_goes_on_asking) {
  begin();
  daemon->event("acme", false);
  time.run_for(3s);
  profiles.clear();
  workspaces.clear();
  add("acme", {0}, 12h);
  daemon->reload(setup());
  api->answers("acme", "two");
  time.run_for(5s);
  EXPECT_EQ(file("acme"), "two");
}

}  // namespace
}  // namespace tokensyncd::sync
