// Each pair of workspace and sink is served by itself, whatever the other sinks of its workspace
// do.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_pairs : engine_world_test, testing::Test {
  engine_pairs() {
    add("acme", {0, 1});
    api->answers("acme", "a1");
  }
  void lose_the_file() {
    files->drifted.insert("files/acme");
    files->content.erase("files/acme");
  }
  /// A rotation reaches the file and waits at the other sink.
  void rotate_while_vault_hangs() {
    start();
    vault->hold();
    api->answers("acme", "a2");
    daemon->sync("acme");
    time.run_for(1s);
    ASSERT_EQ(file("acme"), "a2");
    ASSERT_EQ(secret_in_vault("acme"), "a1");
  }
};

TEST_F(engine_pairs, drift_is_repaired_while_another_sink_is_being_served) {
  rotate_while_vault_hangs();
  lose_the_file();
  time.run_for(61s);
  EXPECT_EQ(file("acme"), "a2");
  vault->release();
  time.run_for(1s);
  EXPECT_TRUE(status("acme").sinks[0].in_sync);
  EXPECT_TRUE(status("acme").sinks[1].in_sync);
}

TEST_F(engine_pairs, drift_is_repaired_while_another_sink_fails_for_a_day) {
  start();
  vault->trouble = failure{failure_kind::server_error, "sealed"};
  api->answers("acme", "a2");
  time.run_for(1h);
  for (int hour = 0; hour < 24; ++hour) {
    lose_the_file();
    time.run_for(1h);
    ASSERT_EQ(file("acme"), "a2") << "after " << hour << " h";
  }
  vault->trouble.reset();
  time.run_for(6min);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
}

TEST_F(engine_pairs, drift_is_repaired_while_another_sink_fails_and_the_api_is_away) {
  rotate_while_vault_hangs();
  api->fails("acme", failure_kind::unreachable);
  lose_the_file();
  time.run_for(61s);
  EXPECT_EQ(file("acme"), "a2") << "its token is at hand";
}

TEST_F(engine_pairs, drift_that_is_found_as_the_last_delivery_ends_is_repaired) {
  rotate_while_vault_hangs();
  lose_the_file();
  vault->release();
  daemon->sync("acme");
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_TRUE(status("acme").sinks[0].in_sync);
}

TEST_F(engine_pairs, a_sink_that_comes_with_a_reload_is_served_while_another_one_fails) {
  workspaces.clear();
  add("acme", {1});
  start();
  vault->trouble = failure{failure_kind::server_error, "sealed"};
  api->answers("acme", "a2");
  time.run_for(2min);
  workspaces.clear();
  add("acme", {0, 1});
  daemon->reload(setup());
  time.run_for(1s);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_pairs, a_sink_that_comes_with_other_labels_is_written_to_by_those) {
  workspaces.clear();
  add("acme", {1});
  start();
  vault->same_place_for_all_labels = true;
  vault->trouble = failure{failure_kind::server_error, "sealed"};
  api->answers("acme", "a2");
  time.run_for(2min);
  profiles.clear();
  workspaces.clear();
  add("acme", {0, 1});
  profiles[0].workspace_labels = {{"in", "new"}};
  daemon->reload(setup());
  time.run_for(1s);
  EXPECT_EQ(file("new/acme"), "a2");
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(files->attempts, 1U);
}

TEST_F(engine_pairs, one_that_takes_the_slot_of_a_workspace_that_left_is_served) {
  start();
  files->hold();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  workspaces.clear();
  add("bolt", {0, 1});
  api->answers("bolt", "b1");
  vault->trouble = failure{failure_kind::server_error, "sealed"};  // its token stays on its way
  daemon->reload(setup());
  files->trouble = failure{failure_kind::missing_place, "no directory"};
  files->release();
  time.run_for(0s);
  EXPECT_EQ(status("bolt").sinks[0].consecutive_failures, 1U) << "acme's failure isn't bolt's";
  files->trouble.reset();
  time.run_for(2s);
  EXPECT_EQ(file("bolt"), "b1");
}

TEST_F(engine_pairs, what_a_look_finds_while_a_delivery_is_at_the_place_is_looked_at_again) {
  start();
  files->hold_looks();
  daemon->sync("acme");
  time.run_for(0s);  // the look has begun
  files->hold();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);  // so has the delivery
  files->drifted.insert("files/acme");
  files->release_looks();
  time.run_for(0s);
  EXPECT_EQ(seen.count("drifted"), 0U) << "half written is no drift";
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
}

}  // namespace
}  // namespace tokensyncd::sync
