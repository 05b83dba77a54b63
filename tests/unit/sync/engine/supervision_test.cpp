// An exception that nobody expected, anywhere: it is told, and what it ended is tried again.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

struct engine_supervision : engine_world_test, testing::Test {
  engine_supervision() {
    add("acme", {0, 1});
    api->answers("acme", "a1");
    reload_app = std::make_shared<fake_hook>(time);
    start();
  }
  void rotate() {
    api->answers("acme", "a2");
    daemon->sync("acme");
    time.run_for(0s);
  }
  /// An exception in `task` was told of.
  void expect_told(const std::string& task) const {
    EXPECT_GE(seen.count("fault " + task + ": an unexpected exception"), 1U);
    EXPECT_THAT(seen.lines, Each(Not(HasSubstr("token a2")))) << "its text may hold anything";
  }
};

TEST_F(engine_supervision, of_a_delivery_that_throws_shows_the_error_and_tries_it_again) {
  vault->throws = true;
  rotate();
  expect_told("a delivery to sink vault for workspace acme");
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_THAT(std::string(status("acme").sinks[1].last_error), HasSubstr("report it"));
  EXPECT_EQ(status("acme").sinks[1].consecutive_failures, 1U);
  vault->throws = false;
  time.run_for(1s);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  EXPECT_TRUE(status("acme").sinks[1].in_sync);
  stop();
  EXPECT_EQ(vault->tends_ended, vault->tends_begun) << "nothing counts as under way for ever";
}

TEST_F(engine_supervision, of_what_throws_before_a_delivery_tries_it_again) {
  time.run_for(1s);
  vault->destination_throws = true;
  rotate();
  expect_told("the work after a delivery to sink vault");
  EXPECT_EQ(status("acme").sinks[1].consecutive_failures, 1U);
  vault->destination_throws = false;
  time.run_for(1s);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  EXPECT_TRUE(status("acme").sinks[1].in_sync);
}

TEST_F(engine_supervision, of_what_throws_after_a_delivery_brings_the_next_token_all_the_same) {
  seen.throws_at = "delivered acme vault";
  rotate();
  expect_told("the work after a delivery to sink vault");
  seen.throws_at.clear();
  api->answers("acme", "a3");
  daemon->sync("acme");
  time.run_for(2s);  // the second in a row, without a time, is confirmed first
  EXPECT_EQ(secret_in_vault("acme"), "a3");
  EXPECT_TRUE(status("acme").sinks[1].in_sync);
}

TEST_F(engine_supervision, of_a_state_that_throws_goes_on_without_it) {
  state.throws = true;
  rotate();
  EXPECT_EQ(seen.count("state failed"), 3U) << "the revision and two deliveries";
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  state.throws = false;
  stop();
  EXPECT_EQ(state.workspaces["acme"].wanted.generation, 2U);
}

TEST_F(engine_supervision, of_a_state_that_throws_closes_it_all_the_same) {
  state.throws = true;
  stop();
  EXPECT_EQ(state.closes, 1U);
}

TEST_F(engine_supervision, of_a_check_that_throws_asks_again_and_spares_the_others) {
  add("bolt");
  api->answers("bolt", "b1");
  api->throws = true;
  daemon->reload(setup());
  rotate();
  expect_told("a check");
  EXPECT_THAT(std::string(status("acme").last_error), HasSubstr("report it"));
  EXPECT_EQ(status("acme").state, workspace_state::stale);
  api->throws = false;
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(file("bolt"), "b1");
}

TEST_F(engine_supervision, of_checks_that_throw_loses_no_worker) {
  workers = 1;
  rate_limit = 0;
  restart();
  api->throws = true;
  for (int i = 0; i < 20; ++i) {
    daemon->sync({});
    time.run_for(0s);
  }
  EXPECT_EQ(seen.count("fault"), 20U);
  api->throws = false;
  rotate();
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_supervision, of_a_rotation_that_throws_says_that_its_end_is_unknown) {
  api->rotates_to("acme", "a2");
  api->throws = true;
  rotation_report report;
  auto ask = [&]() -> task<> {
    const rotation_request wish{};
    report = co_await daemon->rotate("acme", wish);
  };
  running->start(ask());
  time.run_for(0s);
  expect_told("a check");
  EXPECT_EQ(report.how, rotation_end::unknown);
  api->throws = false;
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a2") << "it may have been rotated, so it is looked at";
}

TEST_F(engine_supervision, of_a_hook_that_throws_leaves_it_pending_and_runs_it_again) {
  time.run_for(1min);
  reload_app->throws = true;
  rotate();
  expect_told("the hook of sink files");
  EXPECT_TRUE(status("acme").sinks[0].hook_pending);
  reload_app->throws = false;
  time.run_for(2s);
  EXPECT_FALSE(status("acme").sinks[0].hook_pending);
}

TEST_F(engine_supervision, of_a_look_that_throws_looks_again) {
  files->throws = true;
  time.run_for(61s);
  expect_told("a look at sink files");
  files->throws = false;
  files->drifted.insert("files/acme");
  files->content.erase("files/acme");
  time.run_for(31s);
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_supervision, of_what_throws_after_a_hook_runs_it_for_the_next_change) {
  time.run_for(1min);
  seen.throws_at = "hook files";
  rotate();
  expect_told("the hook of sink files");
  seen.throws_at.clear();
  time.run_for(1min);
  const auto runs = reload_app->starts.size();
  api->answers("acme", "a3");
  daemon->sync("acme");
  time.run_for(2s);  // the second in a row, without a time, is confirmed first
  EXPECT_EQ(reload_app->starts.size(), runs + 1);
  EXPECT_FALSE(status("acme").sinks[0].hook_pending);
}

TEST_F(engine_supervision, of_what_throws_after_a_look_goes_on_looking) {
  files->drifted.insert("files/acme");
  seen.throws_at = "drifted acme files";
  time.run_for(61s);
  expect_told("looks at sink files");
  seen.throws_at.clear();
  time.run_for(61s);
  files->drifted.insert("files/acme");
  files->content.erase("files/acme");
  time.run_for(61s);
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_supervision, of_a_withdrawal_that_throws_tries_it_again) {
  removal = config::on_remove::erase;
  daemon->reload(setup());
  files->throws = true;
  workspaces.clear();
  add("bolt");
  api->answers("bolt", "b1");
  daemon->reload(setup());
  time.run_for(0s);
  expect_told("a withdrawal from sink files");
  files->throws = false;
  time.run_for(6s);
  EXPECT_EQ(file("acme"), "nothing");
}

TEST_F(engine_supervision, of_what_throws_around_a_withdrawal_tries_it_again) {
  removal = config::on_remove::erase;
  daemon->reload(setup());
  time.run_for(0s);
  workspaces.clear();
  add("bolt");
  api->answers("bolt", "b1");
  daemon->reload(setup());
  files->destination_throws = true;
  time.run_for(0s);
  expect_told("a withdrawal from sink files");
  EXPECT_EQ(file("acme"), "a1");
  files->destination_throws = false;
  files->removal_error = failure{failure_kind::no_permission, "read-only"};
  time.run_for(6s);
  files->destination_throws = true;
  time.run_for(10s);
  files->destination_throws = false;
  files->removal_error.reset();
  time.run_for(1min);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_supervision, of_an_outage_whose_probe_throws_sends_another_probe) {
  api->fails("acme", failure_kind::unreachable);
  daemon->sync({});
  time.run_for(0s);
  ASSERT_EQ(seen.count("upstream down"), 1U);
  api->throws = true;
  time.run_for(30s);
  api->throws = false;
  api->answers("acme", "a2");
  time.run_for(2min);
  EXPECT_EQ(file("acme"), "a2");
}

}  // namespace
}  // namespace tokensyncd::sync
