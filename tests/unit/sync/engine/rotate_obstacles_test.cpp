// The destinations are inspected before a token is replaced: nothing is stopped that the new one
// can't take the place of.
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sync/operations/preflight.hpp"
#include "tests/unit/sync/world/engine_rotate_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct engine_rotate_obstacles : engine_rotate {
  /// `acme` was left as it is because of what is said of the sink `sink`.
  void expect_left(const given& done, const std::string& sink, const std::string& why) {
    ASSERT_TRUE(done.report);
    EXPECT_EQ(done.report->how, rotation_end::obstructed);
    EXPECT_THAT(done.report->why, HasSubstr("workspace acme was not rotated"));
    EXPECT_THAT(done.report->why, HasSubstr("--force"));
    ASSERT_EQ(done.report->sinks.size(), 1U);
    EXPECT_EQ(done.report->sinks[0].sink, sink);
    EXPECT_THAT(done.report->sinks[0].last_error, HasSubstr(why));
    EXPECT_THAT(api->posts, Not(Contains("acme")));
  }
  void both_sinks() {
    workspaces.clear();
    add("acme", {0, 1});
    add("bolt");
  }
};

TEST_F(engine_rotate_obstacles, a_place_that_cannot_be_written_is_named_and_nothing_is_asked) {
  both_sinks();
  start();
  vault->obstacles = {"vault/acme"};
  expect_left(rotate("acme"), "vault", "nobody may write vault/acme");
  time.run_for(10min);
  EXPECT_THAT(api->posts, IsEmpty()) << "not later either";
  EXPECT_EQ(status("acme").wanted.generation, 1U);
  vault->obstacles.clear();
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, force_goes_ahead_all_the_same) {
  both_sinks();
  start();
  vault->obstacles = {"vault/acme"};
  const auto& done = rotate("acme", {.force = true});
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_rotate_obstacles, a_state_that_cannot_be_written_is_one_unless_forced) {
  start();
  state.trouble = failure{failure_kind::no_space, "the disk is full"};
  const auto& kept = rotate("acme");
  time.run_for(1s);
  ASSERT_TRUE(kept.report);
  EXPECT_EQ(kept.report->how, rotation_end::not_asked);
  EXPECT_THAT(kept.report->why, HasSubstr("the state cannot be written"));
  EXPECT_TRUE(api->posts.empty());
  rotation_request forced;
  forced.force = true;
  const auto& done = rotate("acme", forced);
  time.run_for(1s);
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, anothers_obstacle_is_no_obstacle) {
  start();
  files->obstacles = {"files/bolt"};
  const auto& done = rotate("acme");
  ASSERT_TRUE(done.report);
  EXPECT_EQ(done.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, a_place_that_cannot_be_looked_at_is_one) {
  start();
  files->unseen = {"files/acme"};
  expect_left(rotate("acme"), "files", "cannot be inspected");
}

TEST_F(engine_rotate_obstacles, a_place_that_hangs_is_one_and_delays_nobody_else) {
  both_sinks();
  start();
  vault->hold_looks();
  const auto& done = rotate("acme");
  time.run_for(19s);
  EXPECT_FALSE(done.report);
  const auto& other = rotate("bolt");
  ASSERT_TRUE(other.report) << "its place is another one";
  time.run_for(1s);
  expect_left(done, "vault", "did not answer in time");
  vault->release();
  time.run_for(10min);
  EXPECT_THAT(api->posts, testing::Each("bolt"));
}

TEST_F(engine_rotate_obstacles, so_is_a_delivery_that_failed_and_was_not_made_up_for) {
  files->unreachable = {"acme"};
  start();
  expect_left(rotate("acme"), "files", "its last delivery failed: no directory for acme");
  files->unreachable.clear();
  daemon->sync("acme");
  time.run_for(0s);
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, what_somebody_changed_there_must_be_written_again_first) {
  both_sinks();
  start();
  vault->drifted = {"vault/acme"};
  vault->trouble = failure{failure_kind::conflict, "somebody else wrote there"};
  const auto& left = rotate("acme");
  time.run_for(1s);
  expect_left(left, "vault", "somebody else wrote there");
  vault->trouble.reset();
  daemon->sync("acme");
  time.run_for(1s);
  vault->drifted = {"vault/acme"};
  vault->content["vault/acme"] = "spoilt";
  const auto& again = rotate("acme");
  time.run_for(1s);
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
}

TEST_F(engine_rotate_obstacles, a_hook_that_fails_is_one) {
  reload_app = std::make_shared<fake_hook>(time);
  reload_app->trouble = failure{failure_kind::program_failed, "/bin/reload ended with 1"};
  start();
  time.run_for(1s);
  expect_left(rotate("acme"), "files", "its hook fails: /bin/reload ended with 1");
  reload_app->trouble.reset();
  time.run_for(10min);
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, a_hook_that_cannot_be_run_is_one_before_it_has_failed) {
  reload_app = std::make_shared<fake_hook>(time);
  start();
  time.run_for(1min);
  reload_app->missing = failure{failure_kind::missing_place, "cannot run /bin/reload: it is gone"};
  expect_left(rotate("acme"), "files", "its hook cannot be run: cannot run /bin/reload");
  reload_app->missing.reset();
  const auto& again = rotate("acme");
  ASSERT_TRUE(again.report);
  EXPECT_EQ(again.report->how, rotation_end::rotated);
}

TEST_F(engine_rotate_obstacles, a_hook_whose_first_run_is_under_way_is_waited_for) {
  reload_app = std::make_shared<fake_hook>(time);
  reload_app->hold();
  start();
  time.run_for(1s);
  const auto& done = rotate("acme");
  time.run_for(1s);
  EXPECT_FALSE(done.report);
  reload_app->trouble = failure{failure_kind::program_failed, "/bin/reload ended with 1"};
  reload_app->release();
  time.run_for(1s);
  expect_left(done, "files", "its hook fails");
}

TEST_F(engine_rotate_obstacles, a_young_token_is_young_whatever_its_places_are_like) {
  start();
  files->obstacles = {"files/acme"};
  const auto& young = rotate("acme", {.older_than = 1h});
  ASSERT_TRUE(young.report);
  EXPECT_EQ(young.report->how, rotation_end::young);
  time.run_for(2h);
  api->answers("acme", "a9");  // somebody else rotated it, as the check before shows
  const auto& still = rotate("acme", {.older_than = 1h});
  ASSERT_TRUE(still.report);
  EXPECT_EQ(still.report->how, rotation_end::young);
  EXPECT_THAT(api->posts, IsEmpty());
}

TEST_F(engine_rotate_obstacles, after_a_start_what_is_owed_is_delivered_first) {
  start();
  stop();
  api->answers("acme", "a5");
  files->unreachable = {"acme"};
  start();
  expect_left(rotate("acme"), "files", "no directory for acme");
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_rotate_obstacles, a_second_command_meanwhile_is_busy_and_a_reload_ends_the_first) {
  start();
  files->hold_looks();
  const auto& first = rotate("acme");
  const auto& second = rotate("acme");
  ASSERT_TRUE(second.report);
  EXPECT_EQ(second.report->how, rotation_end::busy);
  workspaces.clear();
  add("bolt");
  daemon->reload(setup());
  files->release();
  time.run_for(0s);
  ASSERT_TRUE(first.report);
  EXPECT_EQ(first.report->how, rotation_end::not_asked);
  EXPECT_THAT(api->posts, IsEmpty());
}

TEST_F(engine_rotate_obstacles, whoever_goes_during_the_look_has_asked_for_nothing) {
  start();
  files->hold_looks();
  give_up(rotate("acme"));
  files->release();
  time.run_for(1min);
  EXPECT_THAT(api->posts, IsEmpty());
}

struct seen_outlook {
  std::optional<rotation_outlook> what;
};

task<> look(engine& daemon, std::string id, seen_outlook& into) {
  into.what = co_await daemon.outlook(std::move(id));
}

TEST_F(engine_rotate_obstacles, an_outlook_tells_age_places_and_obstacles) {
  both_sinks();
  start();
  time.run_for(3h);
  vault->obstacles = {"vault/acme"};
  task_group asking{loop.get_executor()};
  seen_outlook told;
  asking.start(look(*daemon, "acme", told));
  time.run_for(0s);
  ASSERT_TRUE(told.what);
  EXPECT_EQ(told.what->now.generation, 1U);
  EXPECT_EQ(told.what->age, 3h);
  ASSERT_EQ(told.what->destinations.size(), 2U);
  EXPECT_EQ(told.what->destinations[0].destination, "files/acme");
  EXPECT_TRUE(told.what->destinations[0].in_sync);
  EXPECT_THAT(told.what->destinations[0].obstacle, IsEmpty());
  EXPECT_THAT(told.what->destinations[1].obstacle, HasSubstr("nobody may write"));
  asking.start(look(*daemon, "nobody", told));
  time.run_for(0s);
  EXPECT_FALSE(told.what);
}

/// Of an engine that doesn't run, as of a command without a daemon.
struct engine_outlook_alone : engine_rotate_obstacles {
  engine_outlook_alone() {
    const dependencies world{time, rng, state, seen, prints};
    daemon = std::make_unique<engine>(world, setup(), spread);
    files->hold_looks();
    asking.start(look(*daemon, "acme", told));
    time.run_for(0s);
  }
  ~engine_outlook_alone() override {
    files->release();
    time.run_for(0s);
  }

  seen_outlook told;
  task_group asking{loop.get_executor()};
};

TEST_F(engine_outlook_alone, does_not_wait_for_a_place_that_hangs) {
  time.run_for(preflight::longest_look);
  ASSERT_TRUE(told.what);
  ASSERT_EQ(told.what->destinations.size(), 1U);
  EXPECT_THAT(told.what->destinations[0].obstacle, HasSubstr("did not answer in time"));
}

TEST_F(engine_outlook_alone, can_be_cancelled_while_a_place_hangs) {
  asking.cancel();
  time.run_for(0s);
  EXPECT_FALSE(told.what);
}

}  // namespace
}  // namespace tokensyncd::sync
