// When a command leaves a token as it is because of its age, and how many rotations go at once.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_rotate_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds limit = 1h;

TEST_F(engine_rotate, goes_by_first_sight_and_says_so_where_rotated_at_is_a_zero_time) {
  for (const auto* zero :
       {"0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2014-12-31T23:59:59Z"}) {
    api->posts.clear();
    api->answers("acme", "a1", *parse_rfc3339(zero));
    stop();
    state = fake_store{};
    start();
    const auto& young = rotate("acme", {limit});
    ASSERT_TRUE(young.report);
    EXPECT_EQ(young.report->how, rotation_end::young) << zero;
    EXPECT_NE(young.report->why.find(zero), std::string::npos) << young.report->why;
    EXPECT_TRUE(api->posts.empty());
    time.run_for(61min);
    api->rotates_to("acme", "a2", *parse_rfc3339(zero));
    const auto& old = rotate("acme", {limit});
    ASSERT_TRUE(old.report);
    EXPECT_EQ(old.report->how, rotation_end::rotated) << "it isn't young for ever";
    const auto& again = rotate("acme", {limit});
    ASSERT_TRUE(again.report);
    EXPECT_EQ(again.report->how, rotation_end::young) << "made a moment ago";
    EXPECT_EQ(api->posts.size(), 1U);
  }
}

TEST_F(engine_rotate, leaves_a_token_that_was_seen_to_come_though_rotated_at_stays_old) {
  const wall_time long_ago = time.wall() - 400 * 24h;
  api->answers("acme", "a1", long_ago);
  start();
  api->answers("acme", "a2", long_ago);
  daemon->sync("acme");
  time.run_for(5s);
  ASSERT_EQ(file("acme"), "a2");
  const auto& young = rotate("acme", {limit});
  ASSERT_TRUE(young.report);
  EXPECT_EQ(young.report->how, rotation_end::young);
  restart();
  const auto& still = rotate("acme", {limit});
  ASSERT_TRUE(still.report);
  EXPECT_EQ(still.report->how, rotation_end::young);
  EXPECT_TRUE(api->posts.empty());
}

struct engine_rotations_that_hang : engine_rotate {
  engine_rotations_that_hang() {
    for (const auto* id : {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}) {
      add(id);
      api->answers(id, "1");
      api->rotates_to(id, "2");
    }
    api->hold_rotations();
  }
};

TEST_F(engine_rotations_that_hang, leave_three_quarters_of_the_workers_to_the_checks) {
  workers = 8;
  start();
  for (const auto* id : {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"})
    rotate(id, {{}, 5min, true});
  EXPECT_EQ(api->posts.size(), 2U);
  api->answers("bolt", "b2");
  time.run_for(61s);
  EXPECT_EQ(file("bolt"), "b2") << "the schedule goes on";
  EXPECT_GE(api->count("c8"), 2U) << "for those that wait for their turn, too";
  EXPECT_LE(api->count("c8"), 4U);
  EXPECT_EQ(api->posts.size(), 2U);
}

TEST_F(engine_rotations_that_hang, are_followed_by_those_that_waited) {
  start();
  for (const auto* id : {"c1", "c2", "c3", "c4"}) rotate(id, {{}, 5min, true});
  ASSERT_EQ(api->posts.size(), 1U) << "one of four workers";
  time.run_for(10s);
  api->release_rotations();
  time.run_for(1s);
  EXPECT_EQ(api->posts.size(), 4U);
  for (const auto* id : {"c1", "c2", "c3", "c4"}) EXPECT_EQ(file(id), "2") << id;
}

TEST_F(engine_rotations_that_hang, have_the_only_worker_all_the_same) {
  workers = 1;
  start();
  rotate("c1", {{}, 5min, true});
  EXPECT_EQ(api->posts.size(), 1U);
}

TEST_F(engine_rotations_that_hang, keep_no_place_for_whoever_has_given_up) {
  start();
  rotate("c1", {{}, 5min, true});
  auto& second = rotate("c2", {{}, 5min, true});
  rotate("c3", {{}, 5min, true});
  give_up(second);
  api->release_rotations();
  time.run_for(1s);
  EXPECT_EQ(api->posts, (std::vector<std::string>{"c1", "c3"}));
}

}  // namespace
}  // namespace tokensyncd::sync
