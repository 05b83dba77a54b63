// A destination of several workspaces, which waits until the tokens of all of them are there.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_together : engine_world_test, testing::Test {
  engine_together() {
    for (const char* each : {"acme", "bolt", "corp"}) {
      add(each);
      api->answers(each, std::string(each) + "1");
    }
    files->waits_for_all = true;
  }
};

TEST_F(engine_together, all_are_there_as_soon_as_the_last_one_is) {
  api->fails("corp", failure_kind::server_error);
  start();
  time.run_for(5min);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(status("acme").sinks[0].last_error, "waits for corp");
  api->answers("corp", "corp1");
  daemon->sync("corp");
  time.run_for(10ms);
  for (const char* each : {"acme", "bolt", "corp"})
    EXPECT_EQ(file(each), std::string(each) + "1") << "without waiting for a turn of its own";
  EXPECT_EQ(status("acme").sinks[0].last_error, "");
}

TEST_F(engine_together, nobody_is_told_of_a_failure) {
  api->fails("corp", failure_kind::server_error);
  start();
  time.run_for(1h);
  EXPECT_EQ(seen.count("failed"), 0U);
}

TEST_F(engine_together, nobody_waits_for_a_workspace_that_is_refused) {
  api->fails("corp", failure_kind::gone);
  start();
  time.run_for(20s);
  EXPECT_EQ(file("acme"), "acme1");
  EXPECT_EQ(file("bolt"), "bolt1");
}

TEST_F(engine_together, nobody_waits_for_a_workspace_that_fails_and_is_not_required) {
  const auto corp = std::ranges::find(workspaces, "corp", &config::workspace::id);
  profiles[corp->profile].required = false;
  api->fails("corp", failure_kind::server_error);
  start();
  time.run_for(20s);
  EXPECT_EQ(file("acme"), "acme1");
  EXPECT_EQ(file("bolt"), "bolt1");
}

TEST_F(engine_together, what_is_lacking_is_looked_for_at_once) {
  add("dora", {0}, 24h);
  api->answers("dora", "dora1");
  files->waits_for_all = false;
  files->interval = 1h;
  start();
  time.run_for(2min);
  // Its entry was lost, which nobody sees before the next look.
  files->waits_for_all = true;
  files->drifted.insert("files/dora");
  files->content.erase("files/dora");
  api->answers("acme", "acme2");
  for (const char* each : {"bolt", "corp"}) api->answers(each, std::string(each) + "2");
  time.run_for(2min);
  EXPECT_EQ(file("acme"), "acme2");
  EXPECT_EQ(file("dora"), "dora1");
}

}  // namespace
}  // namespace tokensyncd::sync
