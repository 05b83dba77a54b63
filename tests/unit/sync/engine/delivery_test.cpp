// One sink's trouble stays its own; newest wins; nothing is lost.
#include <chrono>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

struct engine_delivery : engine_world_test, testing::Test {
  engine_delivery() {
    add("acme", {0, 1});
    add("bolt", {0, 1});
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }

  /// Vault would take everything now, but the next probe is up to 15 s away.
  void vault_was_in_trouble(failure why) {
    vault->trouble = std::move(why);
    start();
    time.run_for(20min);
    vault->trouble.reset();
  }
};

TEST_F(engine_delivery, a_hung_sink_delays_neither_the_other_sink_nor_the_polls) {
  vault->hold();
  start();
  EXPECT_EQ(file("acme"), "a1");
  api->answers("acme", "a2");
  time.run_for(2min);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
  vault->release();
  time.run_for(1s);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  EXPECT_TRUE(status("acme").sinks[1].in_sync);
}

TEST_F(engine_delivery, a_sink_that_hangs_at_the_first_look_delays_the_start_by_2_s_at_most) {
  start();
  stop();
  vault->hold_looks();
  vault->drifted.insert("vault/bolt");
  vault->content.erase("vault/bolt");
  api->answers("acme", "a2");
  start();
  time.run_for(2s);
  daemon->sync("acme");
  time.run_for(1s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(secret_in_vault("bolt"), "nothing") << "nobody has seen yet that it isn't there";
  vault->release();
  time.run_for(1s);
  EXPECT_EQ(secret_in_vault("bolt"), "b1");
}

TEST_F(engine_delivery, a_check_that_is_asked_for_looks_at_the_places_as_well) {
  start();
  files->drifted.insert("files/acme");
  files->content.erase("files/acme");
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_delivery, places_are_looked_at_once_a_second_at_most) {
  add("quick", {0}, 100ms);
  api->answers("quick", "q1");
  start();
  const auto before = files->looks;
  time.run_for(10s);
  EXPECT_GE(files->looks - before, 9U);
  EXPECT_LE(files->looks - before, 10U);
}

TEST_F(engine_delivery, a_start_waits_for_no_longer_than_the_first_looks_take) {
  start();
  stop();
  files->drifted.insert("files/acme");
  files->content.erase("files/acme");
  start();
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_delivery, a_failing_sink_is_tried_at_once_when_somebody_asks) {
  vault_was_in_trouble({failure_kind::missing_place, "no such mount"});
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "a1");
  EXPECT_EQ(secret_in_vault("bolt"), "b1") << "what failed for the same cause follows";
}

TEST_F(engine_delivery, a_sink_in_trouble_as_a_whole_is_tried_at_once_when_somebody_asks) {
  vault_was_in_trouble({failure_kind::unreachable, "vault is sealed"});
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "a1");
}

TEST_F(engine_delivery, a_failing_sink_is_tried_again_and_gets_the_newest_alone) {
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  start();
  api->answers("acme", "a2");
  time.run_for(2min);
  api->answers("acme", "a3");
  time.run_for(2min);
  EXPECT_FALSE(status("acme").sinks[1].in_sync);
  EXPECT_EQ(status("acme").sinks[1].last_error, "vault is sealed");
  EXPECT_EQ(daemon->fleet().sinks[1].out_of_sync, 2U);
  vault->trouble.reset();
  time.run_for(31s);
  EXPECT_EQ(secret_in_vault("acme"), "a3");
  EXPECT_EQ(secret_in_vault("bolt"), "b1");
  EXPECT_EQ(vault->writes.size(), 2U) << "the one in between was never written";
  EXPECT_EQ(daemon->fleet().sinks[1].out_of_sync, 0U);
}

TEST_F(engine_delivery, a_sink_in_trouble_is_not_stormed) {
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  start();
  const auto before = vault->attempts;
  time.run_for(10min);
  EXPECT_LE(vault->attempts - before, 80U) << "one each second, in the end one each 15 s";
}

TEST_F(engine_delivery, an_outage_of_a_sink_is_not_told_of_once_a_workspace) {
  add("w", {1}, 1h);
  for (int i = 10'000; i < 12'000; ++i) {
    const std::string id = "w" + std::to_string(i);
    workspaces.push_back({id, workspaces.back().profile});
    api->answers(id, "t");
  }
  for (const auto kind : {failure_kind::unreachable, failure_kind::bad_login}) {
    vault->trouble = failure{kind, "nobody gets in"};
    restart();
    const auto before = seen.count("failed");
    time.run_for(10min);
    EXPECT_LE(seen.count("failed") - before, 100U) << to_string(kind);
  }
}

TEST_F(engine_delivery, a_sink_says_since_when_it_fails_until_it_takes_tokens_again) {
  start();
  const auto since = [this] { return daemon->fleet().sinks.at(1).failing_since; };
  EXPECT_EQ(daemon->fleet().sinks.at(1).name, "vault");
  EXPECT_FALSE(since());
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  api->answers("acme", "a2");
  time.run_for(1min);
  const auto began = since();
  ASSERT_TRUE(began);
  time.run_for(1min);
  EXPECT_EQ(since(), began);
  vault->trouble.reset();
  time.run_for(10min);
  EXPECT_FALSE(since());
}

TEST_F(engine_delivery, one_place_that_fails_leaves_the_others_of_its_sink_alone) {
  files->unreachable.insert("acme");
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
  api->answers("bolt", "b2");
  time.run_for(2min);
  EXPECT_EQ(file("bolt"), "b2");
  files->unreachable.clear();
  time.run_for(5min);
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_delivery, readiness_waits_for_required_pairs_and_then_for_the_grace_time) {
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  start();
  EXPECT_FALSE(daemon->ready(30s, {}).started);
  EXPECT_EQ(daemon->ready(30s, {}).waiting, 2U);
  vault->trouble.reset();
  time.run_for(2min);
  EXPECT_TRUE(daemon->ready(30s, {}).ready);
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  api->answers("acme", "a2");
  while (status("acme").wanted.generation == 1) time.run_for(1s);
  EXPECT_TRUE(daemon->ready(30s, {}).ready) << "within the grace time";
  time.run_for(31s);
  const readiness late = daemon->ready(30s, {});
  EXPECT_TRUE(late.started);
  EXPECT_FALSE(late.ready);
  ASSERT_EQ(late.waiting_for.size(), 1U);
  EXPECT_EQ(late.waiting_for[0].first, "acme");
  EXPECT_EQ(late.waiting_for[0].second, "vault");
  EXPECT_TRUE(daemon->ready(30s, "bolt").ready);
}

TEST_F(engine_delivery, a_stop_finishes_and_records_the_write_that_has_begun) {
  start();
  api->answers("acme", "a2");
  files->hold();
  time.run_for(90s);
  running->cancel();
  time.run_for(0s);
  EXPECT_EQ(state.destinations["files/acme"].generation, 1U);
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(state.destinations["files/acme"].generation, 2U);
}

TEST_F(engine_delivery, a_thousand_rotations_all_arrive) {
  rate_limit = 0;
  for (int i = 0; i < 1000; ++i) {
    add("w" + std::to_string(i));
    api->answers("w" + std::to_string(i), "old");
  }
  start();
  for (int i = 0; i < 1000; ++i) api->answers("w" + std::to_string(i), "new " + std::to_string(i));
  time.run_for(91s);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(file("w" + std::to_string(i)), "new " + std::to_string(i));
  }
}

}  // namespace
}  // namespace tokensyncd::sync
