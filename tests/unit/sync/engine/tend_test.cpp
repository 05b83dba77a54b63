// What sinks do by themselves: for as long as they are in use, and once.
#include <chrono>
#include <exception>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Pair;

struct engine_tend : engine_world_test, testing::Test {
  engine_tend() {
    add("acme", {0, 1});
    api->answers("acme", "a1");
    vault->tends = true;
  }

  /// From now on `ended` says whether run() has, and `broken` what it threw.
  void follow() {
    const auto on_end = [this](const std::exception_ptr& error) {
      ended = true;
      broken = error;
    };
    asio::co_spawn(loop, running->join(), on_end);
  }
  void ask_to_end() {
    running->cancel();
    time.run_for(0s);
  }
  void reload() {
    daemon->reload(setup());
    time.run_for(0s);
  }
  /// A delivery to the Vault is under way, and takes until vault->release().
  void begin_a_delivery() {
    vault->hold();
    api->answers("acme", "a2");
    daemon->sync("acme");
    time.run_for(0s);
  }
  std::shared_ptr<fake_sink> replace_vault() {
    auto old = std::exchange(vault, std::make_shared<fake_sink>(time, "vault"));
    vault->tends = true;
    vault->content = old->content;
    return old;
  }

  bool ended = false;
  std::exception_ptr broken;
};

TEST_F(engine_tend, each_sink_is_tended_once_from_the_start_to_the_end) {
  start();
  time.run_for(10min);
  EXPECT_EQ(files->tends_begun, 1U);
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 0U);
  stop();
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 1U);
}

TEST_F(engine_tend, the_end_waits_for_the_last_word_of_a_sink) {
  vault->last_word = 1s;
  start();
  follow();
  ask_to_end();
  EXPECT_FALSE(ended);
  time.run_for(1s);
  EXPECT_TRUE(ended);
  EXPECT_EQ(vault->tends_ended, 1U);
  EXPECT_FALSE(broken);
}

TEST_F(engine_tend, the_last_word_comes_after_what_was_in_flight) {
  start();
  begin_a_delivery();
  ask_to_end();
  EXPECT_EQ(vault->tends_ended, 0U);
  vault->release();
  time.run_for(0s);
  EXPECT_EQ(vault->tends_ended, 1U);
  EXPECT_THAT(vault->content_at_the_end, Contains(Pair("vault/acme", "a2")));
}

TEST_F(engine_tend, a_sink_that_stays_is_tended_on_over_reloads) {
  start();
  reload();
  add("bolt");
  reload();
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 0U);
  EXPECT_EQ(files->tends_begun, 1U) << "though it had nothing more to do";
}

TEST_F(engine_tend, a_sink_that_is_called_otherwise_is_tended_on) {
  start();
  auto next = setup();
  next.sinks[1].name = "renamed";
  daemon->reload(next);
  time.run_for(0s);
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 0U);
}

TEST_F(engine_tend, a_sink_that_takes_another_s_place_is_tended_and_the_other_no_longer) {
  start();
  const auto old = replace_vault();
  reload();
  EXPECT_EQ(old->tends_ended, 1U);
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 0U);
  stop();
  EXPECT_EQ(old->tends_begun, 1U);
  EXPECT_EQ(vault->tends_ended, 1U);
}

TEST_F(engine_tend, a_sink_that_left_is_tended_until_its_deliveries_are_over) {
  start();
  begin_a_delivery();
  const auto old = replace_vault();
  reload();
  EXPECT_EQ(vault->tends_begun, 1U);
  EXPECT_EQ(old->tends_ended, 0U);
  old->release();
  time.run_for(0s);
  EXPECT_EQ(old->tends_ended, 1U);
  EXPECT_EQ(old->content_at_the_end["vault/acme"], "a2");
}

TEST_F(engine_tend, a_sink_that_left_is_tended_until_what_it_wrote_is_taken_away) {
  removal = config::on_remove::erase;
  start();
  vault->hold_removals();
  profiles[0].sinks = {0};
  auto next = setup();
  next.sinks.pop_back();
  daemon->reload(next);
  time.run_for(0s);
  EXPECT_EQ(vault->tends_ended, 0U);
  vault->release_removals();
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
  EXPECT_EQ(vault->tends_ended, 1U);
}

TEST_F(engine_tend, a_sink_that_left_without_a_trace_is_tended_no_longer) {
  vault->trouble = failure{failure_kind::unreachable, "vault is sealed"};
  start();
  profiles[0].sinks = {0};
  auto next = setup();
  next.sinks.pop_back();
  daemon->reload(next);
  time.run_for(0s);
  EXPECT_EQ(vault->tends_ended, 1U);
}

TEST_F(engine_tend, what_it_throws_is_told_and_it_begins_again) {
  vault->breaks = "a bug";
  start();
  vault->end_tend();
  time.run_for(0s);
  EXPECT_EQ(seen.count("fault"), 1U);
  vault->breaks.reset();
  vault->tends = true;
  time.run_for(1s);
  EXPECT_EQ(vault->tends_begun, 2U);
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "a2");
}

TEST_F(engine_tend, what_it_throws_after_a_reload_took_its_sink_away_is_told_and_ends_nothing) {
  vault->breaks = "a bug";
  start();
  follow();
  const auto old = replace_vault();
  reload();
  EXPECT_FALSE(ended);
  EXPECT_EQ(seen.count("fault"), 1U);
  ask_to_end();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(broken);
}

}  // namespace
}  // namespace tokensyncd::sync
