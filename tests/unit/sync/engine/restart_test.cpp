// What is stored, and what survives a restart.
#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/support/times.hpp"
#include "tests/unit/sync/world/engine_semantics_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Not;

TEST_F(engine_semantics, a_revision_is_stored_before_it_is_delivered_and_the_delivery_after) {
  state.on_save = [this] { seen.lines.emplace_back("save"); };
  files->on_deliver = [this] { seen.lines.emplace_back("deliver"); };
  start();
  EXPECT_EQ(seen.lines,
            (std::vector<std::string>{"checked acme changed", "save", "first acme 0->1 startup",
                                      "deliver", "delivered acme files 1 written", "save"}));
  EXPECT_EQ(state.workspaces["acme"].wanted.generation, 1U);
  EXPECT_EQ(state.destinations["files/acme"].generation, 1U);
}

TEST_F(engine_semantics, a_state_that_cannot_be_written_stops_no_delivery) {
  state.trouble = failure{failure_kind::no_space, "the disk is full"};
  start();
  EXPECT_EQ(file("acme"), "one");
  EXPECT_GE(seen.count("state failed"), 2U);
}

TEST_F(engine_semantics, a_restart_with_nothing_rotated_delivers_nothing) {
  start();
  restart();
  time.run_for(3min);
  EXPECT_EQ(files->attempts, 1U);
  EXPECT_EQ(seen.count("first"), 1U);
  EXPECT_EQ(status("acme").wanted.generation, 1U);
}

TEST_F(engine_semantics, a_rotation_while_it_was_down_is_delivered_after_the_start) {
  start();
  stop();
  api->answers("acme", "two");
  start();
  time.run_for(90s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 startup"));
  EXPECT_THAT(seen.lines, Not(Contains("delivered acme files 2 written propagated")));
}

TEST_F(engine_semantics, a_kill_between_store_and_delivery_is_finished_by_the_next_start) {
  start();
  api->answers("acme", "two");
  files->hold();
  time.run_for(90s);
  ASSERT_EQ(state.workspaces["acme"].wanted.generation, 2U);
  ASSERT_EQ(state.destinations["files/acme"].generation, 1U);
  const auto stored = state;
  kill();
  state = stored;
  files->content["files/acme"] = "one";
  start();
  EXPECT_EQ(file("acme"), "two") << "at once, without waiting for a poll";
  EXPECT_EQ(state.destinations["files/acme"].generation, 2U);
}

TEST_F(engine_semantics, lost_state_is_compared_again_and_written_only_where_it_differs) {
  start();
  stop();
  state = fake_store{};
  start();
  EXPECT_THAT(seen.lines, Contains("delivered acme files 1 unchanged"));
  EXPECT_EQ(files->writes.size(), 1U);
}

TEST_F(engine_semantics, remembers_over_a_restart_when_the_newest_rotation_was_seen) {
  start();
  EXPECT_EQ(daemon->fleet().last_rotation, std::nullopt) << "a first token is no rotation";
  api->answers("acme", "two");
  time.run_for(90s);
  const auto seen_at = daemon->fleet().last_rotation;
  ASSERT_TRUE(seen_at);
  EXPECT_LE(time.wall() - *seen_at, 90s);
  time.run_for(10min);
  restart();
  EXPECT_EQ(daemon->fleet().last_rotation, seen_at);
}

TEST_F(engine_semantics, a_time_that_the_api_adds_to_a_known_token_is_no_new_rotation) {
  start();
  api->answers("acme", "two");
  time.run_for(90s);
  const auto seen_at = daemon->fleet().last_rotation;
  ASSERT_TRUE(seen_at);
  time.run_for(10min);
  api->answers("acme", "two", noon);
  time.run_for(90s);
  ASSERT_EQ(status("acme").wanted.rotated_at, noon);
  restart();
  EXPECT_EQ(daemon->fleet().last_rotation, seen_at);
}

TEST_F(engine_semantics, drift_while_it_was_down_is_repaired_at_once) {
  start();
  stop();
  files->content.erase("files/acme");
  files->drifted.insert("files/acme");
  start();
  EXPECT_EQ(file("acme"), "one");
}

}  // namespace
}  // namespace tokensyncd::sync
