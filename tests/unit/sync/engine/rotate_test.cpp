// Rotations by us: once, one call a workspace at a time, and what isn't known is said and found
// out.
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

TEST_F(engine_rotate, asks_once_delivers_and_confirms_with_a_check) {
  start();
  const auto gets = api->count("acme");
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_TRUE(done.report->confirmed);
  EXPECT_TRUE(is_done(*done.report));
  EXPECT_EQ(done.report->now.generation, 2U);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(api->posts, (std::vector<std::string>{"acme"}));
  EXPECT_EQ(api->count("acme"), gets + 1) << "the check that confirms";
  EXPECT_EQ(rotations_by(trigger::command), 1U);
  EXPECT_EQ(seen.count("rotated acme"), 1U);
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 command"));
  time.run_for(5min);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, goes_before_everybody_else_who_waits_for_the_budget) {
  rate_limit = 1;
  for (int i = 0; i < 20; ++i) add("w" + std::to_string(i));
  start();
  time.run_for(5s);
  const auto& done = rotate("acme");
  time.run_for(4s);
  ASSERT_TRUE(done.report) << "others wait for longer than that";
  EXPECT_EQ(done.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate, waits_for_the_end_of_a_check_that_is_under_way) {
  start();
  api->hold();
  daemon->sync("acme");
  time.run_for(0s);
  const auto& done = rotate("acme");
  time.run_for(5s);
  EXPECT_TRUE(api->posts.empty());
  api->release();
  time.run_for(0s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_rotate, a_check_that_is_wanted_meanwhile_follows_and_the_rotation_counts_once) {
  start();
  api->hold_rotations();
  const auto& done = rotate("acme");
  daemon->sync("acme");
  time.run_for(2min);
  EXPECT_EQ(api->most_under_way, 2U) << "acme's and bolt's, never two of one";
  EXPECT_EQ(file("acme"), "a1");
  api->release_rotations();
  time.run_for(0s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(rotations_by(trigger::command), 1U);
  EXPECT_EQ(rotations_by(trigger::poll), 0U);
  EXPECT_EQ(status("acme").wanted.generation, 2U);
}

TEST_F(engine_rotate, a_refusal_did_nothing_and_is_not_repeated) {
  start();
  api->fails_to_rotate("acme", failure_kind::denied, false);
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::refused);
  EXPECT_EQ(done.report->why, "the rotation failed");
  EXPECT_FALSE(is_done(*done.report));
  EXPECT_EQ(status("acme").state, workspace_state::ok) << "we may have the token all the same";
  EXPECT_EQ(status("acme").last_error, "");
  time.run_for(5min);
  EXPECT_EQ(api->posts.size(), 1U);
  EXPECT_EQ(status("acme").wanted.generation, 1U);
  EXPECT_EQ(state.workspaces["acme"].pending, pending_rotation::none);
}

TEST_F(engine_rotate, never_asks_during_a_throttle_and_says_so_when_time_is_up) {
  start();
  for (const char* each : {"acme", "bolt"}) api->fails(each, failure_kind::throttled, 5min);
  daemon->sync();
  time.run_for(0s);
  const auto& done = rotate("acme");
  time.run_for(59s);
  EXPECT_FALSE(done.report);
  time.run_for(1s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::not_asked);
  EXPECT_THAT(done.report->why, HasSubstr("limits the rate"));
  api->answers("acme", "a1");
  api->answers("bolt", "b1");
  time.run_for(10min);
  EXPECT_TRUE(api->posts.empty()) << "nobody waits for it any more";
}

TEST_F(engine_rotate, waits_for_the_end_of_an_outage_and_is_no_probe) {
  start();
  api->fails("acme", failure_kind::unreachable);
  api->fails("bolt", failure_kind::unreachable);
  daemon->sync();
  time.run_for(0s);
  const auto& done = rotate("acme");
  time.run_for(20s);
  EXPECT_TRUE(api->posts.empty());
  api->answers("acme", "a1");
  api->answers("bolt", "b1");
  time.run_for(30s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, checks_first_where_the_api_has_not_answered_since_the_start) {
  start();
  stop();
  spread = true;
  seen.lines.clear();
  start();
  const auto gets = api->count("acme");
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(api->count("acme"), gets + 2) << "before it and after it";
}

TEST_F(engine_rotate, does_not_ask_where_the_check_before_it_fails) {
  start();
  stop();
  api->fails("acme", failure_kind::gone);
  start();
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::not_asked);
  EXPECT_TRUE(api->posts.empty());
}

/// Two workspaces that fail are not called an outage, and a POST into one may be a lost token.
TEST_F(engine_rotate, looks_first_where_the_last_check_failed) {
  start();
  api->fails("acme", failure_kind::server_error);
  daemon->sync();
  time.run_for(0s);
  ASSERT_TRUE(daemon->fleet().api == std::nullopt) << "bolt is answered";
  const auto& in_vain = rotate("acme");
  time.run_for(10s);
  ASSERT_TRUE(in_vain.report);
  EXPECT_EQ(in_vain.report->how, rotation_end::not_asked);
  EXPECT_TRUE(api->posts.empty());
  api->answers("acme", "a1");
  const auto& done = rotate("acme");
  time.run_for(10s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated) << done.report->why;
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotate, says_why_the_api_was_not_asked) {
  start();
  for (const char* each : {"acme", "bolt"}) api->fails(each, failure_kind::bad_signature);
  daemon->sync();
  time.run_for(0s);
  const auto& done = rotate("acme");
  time.run_for(60s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::not_asked);
  EXPECT_THAT(done.report->why, HasSubstr("nothing was rotated: no call was made, because"));
  EXPECT_THAT(done.report->why, testing::Not(HasSubstr("does not answer")));
  const auto seen = daemon->fleet();
  ASSERT_TRUE(seen.api);
  EXPECT_EQ(seen.api->cause, failure_kind::bad_signature);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(seen.at - seen.api->since), 60s);
}

TEST_F(engine_rotate, a_second_command_is_refused_while_the_first_is_under_way_and_taken_after_it) {
  start();
  api->hold_rotations();
  const auto& first = rotate("acme");
  const auto& second = rotate("acme");
  ASSERT_TRUE(second.report);
  EXPECT_EQ(second.report->how, rotation_end::busy);
  api->release_rotations();
  time.run_for(0s);
  ASSERT_TRUE(first.report);
  api->rotates_to("acme", "a3");
  const auto& third = rotate("acme");
  ASSERT_TRUE(third.report);
  EXPECT_EQ(third.report->now.generation, 3U);
  EXPECT_EQ(file("acme"), "a3");
  EXPECT_EQ(api->posts.size(), 2U);
  EXPECT_EQ(rotations_by(trigger::command), 2U);
}

TEST_F(engine_rotate, says_so_where_a_sink_does_not_have_it_when_time_is_up) {
  start();
  files->trouble = failure{failure_kind::no_space, "the disk is full"};
  const auto& done = rotate("acme", {{}, 5s});
  EXPECT_FALSE(done.report);
  time.run_for(5s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_FALSE(is_done(*done.report));
  ASSERT_EQ(done.report->sinks.size(), 1U);
  EXPECT_FALSE(done.report->sinks[0].in_sync);
  EXPECT_EQ(done.report->sinks[0].last_error, "the disk is full");
}

TEST_F(engine_rotate, leaves_a_token_that_is_young_by_its_own_time_or_by_first_sight) {
  api->answers("acme", "a1", time.wall() - 29 * 24h);
  start();
  const auto& young = rotate("acme", {30 * 24h});
  ASSERT_TRUE(young.report);
  EXPECT_EQ(young.report->how, rotation_end::young);
  EXPECT_TRUE(is_done(*young.report));
  const auto& unseen = rotate("bolt", {1h});
  ASSERT_TRUE(unseen.report);
  EXPECT_EQ(unseen.report->how, rotation_end::young) << "first seen now";
  EXPECT_TRUE(api->posts.empty());
  const auto& old = rotate("acme", {28 * 24h});
  ASSERT_TRUE(old.report);
  EXPECT_EQ(old.report->how, rotation_end::rotated);
  api->rotates_to("bolt", "b2");
  time.run_for(61min);
  const auto& grown = rotate("bolt", {1h});
  ASSERT_TRUE(grown.report);
  EXPECT_EQ(grown.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate, goes_by_first_sight_and_says_so_where_rotated_at_lies_in_the_future) {
  api->answers("acme", "a1", *parse_rfc3339("9999-12-31T23:59:59Z"));
  start();
  const auto& young = rotate("acme", {1h});
  ASSERT_TRUE(young.report);
  EXPECT_EQ(young.report->how, rotation_end::young);
  EXPECT_NE(young.report->why.find("lies in the future"), std::string::npos);
  time.run_for(61min);
  api->rotates_to("acme", "a2");
  const auto& old = rotate("acme", {1h});
  ASSERT_TRUE(old.report);
  EXPECT_EQ(old.report->how, rotation_end::rotated) << "it isn't young for ever";
}

TEST_F(engine_rotate, takes_a_rotated_at_a_little_in_the_future_for_now) {
  api->answers("acme", "a1", time.wall() + 1min);
  start();
  const auto& young = rotate("acme", {1h});
  ASSERT_TRUE(young.report);
  EXPECT_EQ(young.report->how, rotation_end::young);
  EXPECT_EQ(young.report->why, "");
}

TEST_F(engine_rotate, looks_before_it_takes_a_token_for_old) {
  api->answers("acme", "a1", time.wall() - 40 * 24h);
  start();
  api->answers("acme", "a2", time.wall() - 1min);
  const auto& done = rotate("acme", {30 * 24h});
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::young) << "somebody else has just rotated it";
  EXPECT_TRUE(api->posts.empty());
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(rotations_by(trigger::poll), 1U) << "it wasn't this command";
}

TEST_F(engine_rotate, knows_no_other_workspace) {
  start();
  const auto& done = rotate("nobody");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::unknown_workspace);
}

}  // namespace
}  // namespace tokensyncd::sync
