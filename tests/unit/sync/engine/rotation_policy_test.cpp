// Rotations for a token's age: as rarely and as carefully as configured, and never a second one
// before the first is known to have arrived.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/time_window.hpp"
#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct engine_rotation_policy : engine_world_test, testing::Test {
  engine_rotation_policy() {
    for (const char* each : {"acme", "bolt", "corp"}) {
      add(each, {0}, 10min);
      api->answers(each, std::string(each) + "1");
      api->rotates_to(each, std::string(each) + "2");
    }
    use({.max_age = 10h});
    time.run_for(123'456us);  // no clock keeps whole seconds
  }
  /// Its tokens count from when they are first seen: at the start.
  void use(const config::rotation_policy& how) {
    for (auto& each : profiles) each.rotation = how;
  }
  policy_status next() const { return daemon->fleet().policy.value_or(policy_status{}); }
};

TEST_F(engine_rotation_policy, rotates_what_is_over_its_age_one_after_the_other) {
  start();
  time.run_for(10h - 1min);
  EXPECT_THAT(api->posts, IsEmpty());
  EXPECT_EQ(next().workspace, "acme");
  time.run_for(2min);
  EXPECT_THAT(api->posts, ElementsAre("acme")) << "5 per hour are one in 12 min";
  EXPECT_EQ(file("acme"), "acme2");
  time.run_for(10min);
  EXPECT_THAT(api->posts, ElementsAre("acme"));
  time.run_for(2min);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt"));
  time.run_for(9h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt", "corp"));
  EXPECT_EQ(seen.count("policy"), 0U);
}

TEST_F(engine_rotation_policy, rotates_nothing_without_one) {
  for (auto& each : profiles) each.rotation.reset();
  start();
  time.run_for(24h);
  EXPECT_THAT(api->posts, IsEmpty());
  EXPECT_FALSE(daemon->fleet().policy);
}

TEST_F(engine_rotation_policy, waits_for_its_window) {
  // It opens 5 h after the age is reached, for an hour.
  const auto midnight = std::chrono::floor<std::chrono::days>(time.wall());
  const auto opens = std::chrono::floor<std::chrono::minutes>(time.wall() + 15h - midnight) % 24h;
  config::rotation_policy how{.max_age = 10h};
  how.window = {0x7f, opens, opens + 1h, "UTC"};
  use(how);
  start();
  time.run_for(15h - 1min);
  EXPECT_THAT(api->posts, IsEmpty());
  time.run_for(3min);
  EXPECT_THAT(api->posts, ElementsAre("acme"));
  how.at_most = {1, 1h};
  use(how);
  daemon->reload(setup());
  time.run_for(22h);
  EXPECT_THAT(api->posts, ElementsAre("acme")) << "an hour later it was closed";
  time.run_for(2h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt"));
}

TEST_F(engine_rotation_policy, stops_when_a_rotation_is_not_confirmed_until_somebody_resumes_it) {
  api->fails_to_rotate("acme", failure_kind::denied, false);
  start();
  time.run_for(24h);
  EXPECT_THAT(api->posts, ElementsAre("acme"));
  EXPECT_EQ(seen.count("policy stopped acme"), 1U);
  EXPECT_NE(next().stopped, "");
  EXPECT_EQ(next().workspace, "");
  daemon->reload(setup());
  EXPECT_NE(next().stopped, "") << "a file that changed is nobody's word";
  api->rotates_to("acme", "acme2");
  daemon->resume_rotations();
  EXPECT_EQ(next().stopped, "");
  time.run_for(1min);
  EXPECT_EQ(api->posts.size(), 2U) << "at once";
  time.run_for(1h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "acme", "bolt", "corp"));
}

TEST_F(engine_rotation_policy, goes_on_after_as_many_failures_as_it_may) {
  use({.max_age = 10h, .stop_after_failures = 2});
  api->fails_to_rotate("acme", failure_kind::denied, false);
  start();
  time.run_for(11h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt", "acme", "corp", "acme"))
      << "what succeeds between counts from anew";
  EXPECT_EQ(seen.count("policy stopped"), 0U);
}

TEST_F(engine_rotation_policy, rotates_no_other_while_the_result_of_one_is_unknown) {
  use({.max_age = 10h, .stop_after_failures = 5});
  api->fails_to_rotate("acme", failure_kind::cut, true);
  start();
  time.run_for(10h + 1min);
  ASSERT_THAT(api->posts, ElementsAre("acme"));
  restart();
  time.run_for(1min);
  EXPECT_THAT(api->posts, ElementsAre("acme"));
}

TEST_F(engine_rotation_policy, leaves_alone_what_a_destination_would_not_take_and_goes_on) {
  files->obstacles.insert("files/acme");
  start();
  time.run_for(11h);
  EXPECT_THAT(api->posts, ElementsAre("bolt", "corp"));
  EXPECT_EQ(seen.count("policy postponed acme"), 3U) << "once, and once after each success";
  EXPECT_EQ(seen.count("policy stopped"), 0U);
  files->obstacles.clear();
  time.run_for(30min);
  EXPECT_THAT(api->posts, ElementsAre("bolt", "corp", "acme"));
}

TEST_F(engine_rotation_policy, rotates_nothing_that_is_not_in_sync) {
  files->unreachable.insert("acme");
  start();
  time.run_for(11h);
  EXPECT_THAT(api->posts, ElementsAre("bolt", "corp"));
  EXPECT_EQ(seen.count("policy"), 0U) << "it isn't even tried";
}

TEST_F(engine_rotation_policy, rotates_nothing_in_an_outage) {
  start();
  time.run_for(9h + 50min);
  for (const char* each : {"acme", "bolt", "corp"}) api->fails(each, failure_kind::server_error);
  time.run_for(5h);
  EXPECT_THAT(api->posts, IsEmpty());
  for (const char* each : {"acme", "bolt", "corp"}) api->answers(each, std::string(each) + "1");
  time.run_for(1h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt", "corp"));
}

TEST_F(engine_rotation_policy, rotates_nothing_while_the_state_cannot_be_written) {
  start();
  time.run_for(1h);
  state.trouble = failure{failure_kind::no_space, "the disk is full"};
  time.run_for(12h);
  EXPECT_THAT(api->posts, IsEmpty());
  EXPECT_EQ(seen.count("policy stopped"), 0U);
  state.trouble.reset();
  time.run_for(1h);
  EXPECT_THAT(api->posts, UnorderedElementsAre("acme", "bolt", "corp"));
}

TEST_F(engine_rotation_policy, waits_for_the_hook_that_tells_of_the_last_one) {
  reload_app = std::make_shared<fake_hook>(time);
  start();
  time.run_for(10h - 1min);
  reload_app->trouble = failure{failure_kind::program_failed, "it ended with exit code 1"};
  time.run_for(2h);
  EXPECT_THAT(api->posts, ElementsAre("acme"));
  EXPECT_EQ(next().waiting, "the hook of files has yet to run");
  reload_app->trouble.reset();
  time.run_for(1h);
  EXPECT_THAT(api->posts, ElementsAre("acme", "bolt", "corp"));
}

TEST_F(engine_rotation_policy, takes_the_one_that_is_the_longest_over_its_age_whatever_its_policy) {
  // Two with a larger age, and a much older token.
  profiles.push_back(profiles[0]);
  profiles[1].rotation->max_age = 20h;
  workspaces[2].profile = 1;
  workspaces.push_back({"dora", 1});
  const auto of_old = time.wall() - 40h;
  api->answers("corp", "corp1", of_old);
  api->answers("dora", "dora1", of_old);
  api->rotates_to("dora", "dora2");
  start();
  // All of them are over their age when the API answers again.
  const std::vector<std::string> all{"acme", "bolt", "corp", "dora"};
  for (const auto& each : all) api->fails(each, failure_kind::server_error);
  time.run_for(11h);
  ASSERT_THAT(api->posts, IsEmpty());
  api->answers("acme", "acme1");
  api->answers("bolt", "bolt1");
  api->answers("corp", "corp1", of_old);
  api->answers("dora", "dora1", of_old);
  time.run_for(1h);
  EXPECT_THAT(api->posts, ElementsAre("corp", "dora", "acme", "bolt"));
}

TEST_F(engine_rotation_policy, forgets_an_order_whose_policy_is_gone) {
  start();
  time.run_for(9h + 55min);
  api->hold();
  time.run_for(5min + 5s);
  ASSERT_THAT(api->posts, IsEmpty()) << "it looks first";
  for (auto& each : profiles) each.rotation.reset();
  daemon->reload(setup());
  api->release();
  time.run_for(1h);
  EXPECT_THAT(api->posts, IsEmpty());
}

TEST_F(engine_rotation_policy, is_no_faster_for_a_restart) {
  start();
  time.run_for(10h + 1min);
  ASSERT_THAT(api->posts, ElementsAre("acme"));
  for (int i = 0; i != 5; ++i) {
    restart();
    time.run_for(1min);
  }
  EXPECT_THAT(api->posts, ElementsAre("acme"));
}

TEST_F(engine_rotation_policy, is_a_daemons_alone) {
  spread = false;  // as `once`
  start();
  time.run_for(11h);
  EXPECT_THAT(api->posts, IsEmpty());
}

}  // namespace
}  // namespace tokensyncd::sync
