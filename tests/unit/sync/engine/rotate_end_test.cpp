// Rotations by us that don't end as they should: answers that are lost, stops, kills, reloads.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_rotate_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

TEST_F(engine_rotate, after_a_lost_answer_the_next_check_shows_that_it_was_rotated) {
  start();
  api->fails_to_rotate("acme", failure_kind::cut, true, "a2");
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_TRUE(done.report->answer_lost);
  EXPECT_TRUE(is_done(*done.report));
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(rotations_by(trigger::command), 1U);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, after_a_lost_answer_it_is_unknown_while_the_api_shows_the_old_token) {
  start();
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::unknown);
  EXPECT_THAT(done.report->why, HasSubstr("may have been rotated"));
  EXPECT_THAT(done.report->why, HasSubstr("the next check shows it"));
  EXPECT_TRUE(status("acme").rotation_unconfirmed);
  EXPECT_EQ(daemon->fleet().unconfirmed_rotations, 1U);
  time.run_for(5min);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, is_unknown_when_nobody_answers_the_check_after_a_lost_answer_either) {
  start();
  api->fails_to_rotate("acme", failure_kind::cut, true);
  api->on_rotate = [this] { api->fails("acme", failure_kind::unreachable); };
  const auto& done = rotate("acme", {{}, 10s});
  time.run_for(9s);
  EXPECT_FALSE(done.report);
  time.run_for(2s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::unknown);
  EXPECT_NE(state.workspaces["acme"].pending, pending_rotation::none);
  api->answers("acme", "a2");
  time.run_for(1min);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
  EXPECT_EQ(rotations_by(trigger::command), 1U);
}

TEST_F(engine_rotate, ends_where_a_reload_takes_the_workspace_away_before_or_during_the_call) {
  start();
  api->hold_rotations();
  const auto& during = rotate("acme");
  std::erase_if(workspaces, [](const auto& each) { return each.id == "acme"; });
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_FALSE(during.report) << "what came of it must be known first";
  api->release_rotations();
  time.run_for(0s);
  ASSERT_TRUE(during.report);
  EXPECT_EQ(during.report->how, rotation_end::rotated);
  EXPECT_FALSE(is_done(*during.report));
  EXPECT_THAT(during.report->why, HasSubstr("was removed from the configuration"));

  for (const char* each : {"acme", "bolt"}) api->fails(each, failure_kind::throttled, 5min);
  daemon->sync();
  time.run_for(0s);
  const auto& before = rotate("bolt");
  workspaces.clear();
  daemon->reload(setup());
  time.run_for(0s);
  ASSERT_TRUE(before.report);
  EXPECT_EQ(before.report->how, rotation_end::not_asked);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, whoever_goes_before_the_call_began_takes_the_command_along) {
  start();
  for (const char* each : {"acme", "bolt"}) api->fails(each, failure_kind::throttled, 10s);
  daemon->sync();
  time.run_for(0s);
  auto& left = rotate("acme");
  give_up(left);
  api->answers("acme", "a1");
  api->answers("bolt", "b1");
  time.run_for(5min);
  EXPECT_TRUE(api->posts.empty());
  EXPECT_EQ(rotations_by(trigger::command), 0U);
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate, whoever_goes_after_the_call_began_changes_nothing) {
  start();
  api->hold_rotations();
  auto& left = rotate("acme");
  give_up(left);
  api->release_rotations();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
  api->rotates_to("acme", "a3");
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated) << "nothing of the first is left";
}

TEST_F(engine_rotate, a_stop_waits_for_the_answer_and_delivers_it) {
  start();
  api->hold_rotations();
  rotate("acme");
  running->cancel();
  time.run_for(0s);
  EXPECT_EQ(state.workspaces["acme"].wanted.generation, 1U);
  api->release_rotations();
  time.run_for(0s);
  EXPECT_EQ(state.workspaces["acme"].wanted.generation, 2U);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(state.destinations["files/acme"].generation, 2U);
}

TEST_F(engine_rotate, killed_during_the_call_the_next_start_asks_at_once_and_delivers) {
  start();
  api->hold_rotations();
  rotate("acme");
  for (const auto& each : commands_) give_up(*each);
  kill();
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_NE(state.workspaces["acme"].pending, pending_rotation::none);
  start();
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, a_token_that_was_known_before_is_no_rotation) {
  start();
  api->rotates_to("acme", "a1");
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::unknown);
  EXPECT_EQ(status("acme").wanted.generation, 1U);
}

TEST_F(engine_rotate, after_a_lost_answer_it_is_asked_for_until_the_new_token_shows) {
  start();
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  rotate("acme");
  EXPECT_EQ(file("acme"), "a1");
  time.run_for(3s);
  EXPECT_NE(state.workspaces["acme"].pending, pending_rotation::none) << "it may still come";
  api->answers("acme", "a2");
  time.run_for(3s);
  EXPECT_EQ(file("acme"), "a2") << "long before the next poll";
  EXPECT_EQ(rotations_by(trigger::command), 1U);
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, after_a_lost_answer_checks_that_fail_are_tried_again_soon) {
  start();
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  api->on_rotate = [this] { api->fails("acme", failure_kind::server_error); };
  rotate("acme");
  time.run_for(5s);
  api->answers("acme", "a2");
  time.run_for(10s);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_rotate, after_a_lost_answer_another_command_looks_before_it_asks) {
  start();
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  api->on_rotate = [this] { api->fails("acme", failure_kind::server_error); };
  const auto& first = rotate("acme");
  time.run_for(1min);
  ASSERT_TRUE(first.report);
  EXPECT_EQ(first.report->how, rotation_end::unknown);
  api->on_rotate = {};
  api->answers("acme", "a2");
  api->rotates_to("acme", "a3");
  const auto gets = api->count("acme");
  std::size_t gets_before_post = 0;
  api->on_rotate = [&] { gets_before_post = api->count("acme") - gets; };
  rotation_request young;
  young.older_than = 1h;
  const auto& second = rotate("acme", young);
  time.run_for(1min);
  ASSERT_TRUE(second.report);
  EXPECT_EQ(second.report->how, rotation_end::young) << "what the first one made is a minute old";
  const auto& third = rotate("acme");
  time.run_for(1s);
  ASSERT_TRUE(third.report);
  EXPECT_EQ(third.report->how, rotation_end::rotated);
  EXPECT_GE(gets_before_post, 1U);
  EXPECT_EQ(file("acme"), "a3");
}

TEST_F(engine_rotate, our_clock_set_back_makes_no_new_token_look_old) {
  start();
  stop();
  state.workspaces["acme"].known_since += 1h;
  start();
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_rotate, a_lost_answer_is_looked_for_although_the_event_of_the_one_before_is_due) {
  start();
  rotate("acme");
  ASSERT_EQ(file("acme"), "a2");
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  rotate("acme");
  time.run_for(3s);
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::ordered);
  api->answers("acme", "a3");
  time.run_for(3s);
  EXPECT_EQ(file("acme"), "a3");
}

TEST_F(engine_rotate, a_refusal_leaves_the_doubt_about_an_earlier_one) {
  start();
  api->fails_to_rotate("acme", failure_kind::timed_out, true);
  rotate("acme");
  time.run_for(1s);
  api->fails_to_rotate("acme", failure_kind::denied, false);
  const auto& refused = rotate("acme");
  time.run_for(1s);
  ASSERT_TRUE(refused.report);
  EXPECT_EQ(refused.report->how, rotation_end::refused);
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::ordered);
  api->answers("acme", "a2");
  time.run_for(5s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(rotations_by(trigger::command), 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
