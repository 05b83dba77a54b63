// The API knows none of the workspaces: a partner that was switched off, or a wrong address.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_all_gone : engine_world_test, testing::Test {
  engine_all_gone() {
    for (const auto* id : {"acme", "bolt", "cone"}) {
      add(id);
      api->answers(id, "one");
    }
  }
  void lose_all() {
    for (const auto* id : {"acme", "bolt", "cone"}) api->fails(id, failure_kind::gone);
    time.run_for(5min);
  }
};

TEST_F(engine_all_gone, at_a_first_start_is_not_ready_and_never_was) {
  lose_all();
  start();
  time.run_for(5min);
  const auto readiness = daemon->ready(30s, {});
  EXPECT_FALSE(readiness.started);
  EXPECT_FALSE(readiness.ready);
  EXPECT_EQ(readiness.waiting, 3U);
  EXPECT_EQ(daemon->fleet().pairs, 3U);
  EXPECT_EQ(daemon->fleet().pairs_in_sync, 0U);
  api->answers("bolt", "one");
  time.run_for(2min);
  EXPECT_TRUE(daemon->ready(30s, {}).ready) << "now it is about each of the others";
  EXPECT_EQ(daemon->fleet().pairs, 1U);
}

TEST_F(engine_all_gone, later_keeps_what_is_there_and_is_told_once) {
  start();
  lose_all();
  EXPECT_EQ(seen.count("gone all 3"), 1U);
  EXPECT_EQ(file("acme"), "one");
  EXPECT_TRUE(daemon->ready(30s, {}).ready);
  EXPECT_EQ(daemon->fleet().pairs, 3U);
  EXPECT_EQ(daemon->fleet().pairs_in_sync, 3U);
  api->answers("bolt", "one");
  time.run_for(5min);
  lose_all();
  EXPECT_EQ(seen.count("gone all 3"), 2U);
}

TEST_F(engine_all_gone, but_one_is_told_of_each_alone) {
  start();
  for (const auto* id : {"acme", "bolt"}) api->fails(id, failure_kind::gone);
  time.run_for(5min);
  EXPECT_EQ(seen.count("gone all"), 0U);
  EXPECT_EQ(daemon->fleet().pairs, 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
