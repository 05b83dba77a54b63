// Sinks that say how often they are to be looked at, and what one tells of itself.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_look : engine_world_test, testing::Test {
  engine_look() {
    add("acme", {0, 1});
    api->answers("acme", "a1");
    vault->interval = 1h;
    start();
  }
  void drift_in_vault() {
    vault->drifted.insert("vault/acme");
    vault->content.erase("vault/acme");
  }
};

TEST_F(engine_look, comes_as_often_as_the_sink_says_and_not_at_each_interval) {
  restart();
  const auto first = vault->looks;
  time.run_for(1h - 1s);
  EXPECT_EQ(vault->looks, first);
  time.run_for(1s);
  EXPECT_EQ(vault->looks, first + 1);
  EXPECT_GE(files->looks, 59U);
}

TEST_F(engine_look, decides_whether_what_the_state_remembers_counts_as_started) {
  stop();
  files->hold_looks();
  start();
  EXPECT_FALSE(daemon->ready(30s, {}).started) << "a reboot may have emptied the directory";
  files->release();
  time.run_for(0s);
  EXPECT_TRUE(daemon->ready(30s, {}).started);
}

TEST_F(engine_look, that_finds_nothing_where_a_token_was_leaves_the_start_to_the_delivery) {
  stop();
  files->content.erase("files/acme");
  files->drifted.insert("files/acme");
  api->fails("acme", failure_kind::unreachable);
  start();
  time.run_for(10s);
  EXPECT_FALSE(daemon->ready(30s, {}).started);
  api->answers("acme", "a1");
  time.run_for(2min);
  EXPECT_TRUE(daemon->ready(30s, {}).started);
}

TEST_F(engine_look, comes_at_once_for_a_workspace_that_comes_back) {
  add("bolt", {0});
  api->answers("bolt", "b1");
  daemon->reload(setup());
  time.run_for(1s);
  ASSERT_TRUE(daemon->ready(30s, "bolt").ready);
  const auto both = workspaces;
  workspaces.pop_back();
  daemon->reload(setup());
  time.run_for(1s);
  workspaces = both;
  daemon->reload(setup());
  time.run_for(1s);
  EXPECT_TRUE(daemon->ready(30s, "bolt").ready) << "its file is as it was";
}

TEST_F(engine_look, of_such_a_sink_holds_up_no_start) {
  stop();
  vault->hold_looks();
  files->drifted.insert("files/acme");
  files->content.erase("files/acme");
  start();
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_look, comes_at_the_start_all_the_same) {
  stop();
  drift_in_vault();
  start();
  EXPECT_EQ(secret_in_vault("acme"), "a1");
}

TEST_F(engine_look, comes_at_once_when_somebody_asks_for_a_check) {
  drift_in_vault();
  time.run_for(10min);
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
  daemon->sync({});
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "a1");
}

TEST_F(engine_look, comes_once_a_second_at_most_whatever_the_sink_says) {
  vault->interval = 1ms;
  restart();
  const auto first = vault->looks;
  time.run_for(10s);
  EXPECT_LE(vault->looks - first, 10U);
}

TEST_F(engine_look, comes_again_soon_where_it_could_not_look_and_less_and_less_often) {
  vault->unseen.insert("vault/acme");
  vault->drifted.insert("vault/acme");
  vault->content.erase("vault/acme");
  restart();
  auto looks = vault->looks;
  for (const auto pause : {30s, 60s, 120s, 240s}) {
    time.run_for(pause - 1s);
    EXPECT_EQ(vault->looks, looks);
    time.run_for(1s);
    EXPECT_EQ(vault->looks, ++looks);
  }
  EXPECT_EQ(secret_in_vault("acme"), "nothing") << "nobody knows that it has drifted";
  vault->unseen.clear();
  time.run_for(480s);
  EXPECT_EQ(secret_in_vault("acme"), "a1");
}

TEST_F(engine_look, comes_again_soon_where_something_was_written_while_it_looked) {
  vault->hold_looks();
  api->answers("acme", "a2");
  daemon->sync({});
  time.run_for(0s);
  ASSERT_EQ(secret_in_vault("acme"), "a2");
  drift_in_vault();
  vault->release();
  time.run_for(0s);
  EXPECT_EQ(seen.count("drifted acme vault"), 0U) << "it may have been seen before the write";
  vault->drifted.insert("vault/acme");
  time.run_for(29s);
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
  time.run_for(1s);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  EXPECT_TRUE(vault->was_told_of_drift);
}

TEST_F(engine_look, shows_when_the_login_of_a_sink_runs_out) {
  EXPECT_EQ(daemon->fleet().sinks[1].login_expires, std::nullopt);
  vault->expires = time.wall() + 1h;
  EXPECT_EQ(daemon->fleet().sinks[1].login_expires, vault->expires);
  EXPECT_EQ(daemon->fleet().sinks[0].login_expires, std::nullopt);
}

}  // namespace
}  // namespace tokensyncd::sync
