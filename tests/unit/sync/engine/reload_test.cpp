// What a reload keeps, brings and takes away.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

struct engine_reload : engine_world_test, testing::Test {
  engine_reload() {
    add("acme");
    add("bolt");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
    api->answers("corp", "c1");
  }
  void remove(std::string_view id) {
    std::erase_if(workspaces, [&](const auto& w) { return w.id == id; });
  }
};

TEST_F(engine_reload, what_came_is_delivered_at_once_and_what_stayed_keeps_its_schedule) {
  start();
  time.run_for(10s);
  const auto next = status("acme").next_check;
  const auto asked = api->count("acme");
  add("corp");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("corp"), "c1");
  EXPECT_EQ(status("acme").next_check, next);
  EXPECT_EQ(api->count("acme"), asked);
  EXPECT_EQ(files->writes.size(), 3U);
}

TEST_F(engine_reload, what_came_has_the_grace_time_before_the_daemon_is_called_unready) {
  start();
  ASSERT_TRUE(daemon->ready(30s, {}).ready);
  api->fails("corp", failure_kind::server_error);
  add("corp");
  daemon->reload(setup());
  time.run_for(29s);
  EXPECT_TRUE(daemon->ready(30s, {}).ready);
  EXPECT_FALSE(daemon->ready(30s, "corp").ready) << "its token isn't there";
  time.run_for(2s);
  EXPECT_FALSE(daemon->ready(30s, {}).ready);
  EXPECT_TRUE(daemon->ready(30s, {}).started);
}

TEST_F(engine_reload, what_left_is_kept_retired_and_asked_about_no_more) {
  start();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  const auto asked = api->count("acme");
  time.run_for(5min);
  EXPECT_EQ(api->count("acme"), asked);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
  EXPECT_TRUE(state.workspaces["acme"].retired_at);
  EXPECT_EQ(daemon->size(), 1U);
}

TEST_F(engine_reload, what_left_is_taken_away_where_so_configured) {
  removal = config::on_remove::erase;
  start();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_reload, what_comes_back_goes_on_with_its_history) {
  start();
  api->answers("acme", "a2");
  time.run_for(90s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(1min);
  add("acme");
  daemon->reload(setup());
  time.run_for(90s);
  EXPECT_EQ(status("acme").wanted.generation, 2U);
  EXPECT_EQ(std::count(files->writes.begin(), files->writes.end(), "acme"), 2);
}

TEST_F(engine_reload, what_comes_back_is_brought_what_it_did_not_get_before_it_left) {
  start();
  ASSERT_EQ(file("acme"), "a1");
  files->trouble = failure{failure_kind::no_space, "the disk is full"};
  api->answers("acme", "a2");
  time.run_for(90s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(1min);
  files->trouble.reset();
  add("acme");
  daemon->reload(setup());
  time.run_for(90s);
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(files->was_told_of, prints.of("a1")) << "a sink may go by that instead of looking";
  EXPECT_EQ(status("acme").sinks[0].generation, 2U);
}

TEST_F(engine_reload, what_comes_back_after_a_restart_goes_on_with_its_history) {
  start();
  api->answers("acme", "a2");
  time.run_for(90s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  stop();
  add("acme");
  start();
  time.run_for(90s);
  EXPECT_EQ(status("acme").wanted.generation, 2U);
}

TEST_F(engine_reload, what_comes_back_before_it_was_its_turn_to_be_taken_away_stays) {
  removal = config::on_remove::erase;
  start();
  files->hold_removals();
  remove("acme");
  remove("bolt");
  daemon->reload(setup());
  time.run_for(0s);
  add("bolt");
  daemon->reload(setup());
  time.run_for(0s);
  files->release_removals();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_TRUE(state.destinations.contains("files/bolt"));
}

TEST_F(engine_reload, what_is_stored_of_what_came_back_is_not_replaced_by_what_it_was) {
  removal = config::on_remove::erase;
  start();
  files->hold_removals();
  remove("bolt");
  daemon->reload(setup());
  time.run_for(0s);
  add("bolt");
  api->answers("bolt", "b2");
  daemon->reload(setup());
  time.run_for(0s);
  files->release_removals();
  time.run_for(0s);
  EXPECT_EQ(state.workspaces["bolt"].wanted.generation, 2U);
  EXPECT_FALSE(state.workspaces["bolt"].retired_at);
}

TEST_F(engine_reload, what_comes_back_while_it_is_written_stays) {
  removal = config::on_remove::erase;
  start();
  files->hold();
  files->hold_removals();
  api->answers("bolt", "b2");
  daemon->sync("bolt");
  time.run_for(0s);
  remove("bolt");
  daemon->reload(setup());
  add("bolt");
  daemon->reload(setup());
  time.run_for(0s);
  files->release();
  time.run_for(0s);
  files->release_removals();
  time.run_for(0s);
  EXPECT_EQ(file("bolt"), "b2");
}

TEST_F(engine_reload, an_answer_for_what_left_meanwhile_is_forgotten) {
  start();
  api->answers("acme", "a2");
  api->hold();
  daemon->sync("acme");
  time.run_for(0s);
  remove("acme");
  daemon->reload(setup());
  api->release();
  time.run_for(5min);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(seen.count("rotated acme"), 0U);
}

TEST_F(engine_reload,
       a_sink_that_is_added_to_a_workspace_gets_the_token_and_the_other_is_left_alone) {
  start();
  remove("acme");
  add("acme", {0, 1});
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "a1");
  EXPECT_EQ(files->attempts, 2U) << "acme and bolt at the start";
}

TEST_F(engine_reload, a_place_that_moved_is_written_anew_and_the_old_one_retired) {
  start();
  files = std::make_shared<fake_sink>(time, "elsewhere");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(files->content["elsewhere/acme"], "a1");
  EXPECT_EQ(seen.count("retired"), 2U);
}

TEST_F(engine_reload, new_sinks_that_write_to_the_same_places_take_over_what_is_there) {
  start();
  const auto old = files;
  files = std::make_shared<fake_sink>(time, "files");
  files->content = old->content;
  daemon->reload(setup());
  time.run_for(5min);
  EXPECT_EQ(files->attempts, 0U);
  EXPECT_EQ(seen.count("retired"), 0U);
}

TEST_F(engine_reload, another_interval_holds_from_then_on) {
  start();
  remove("acme");
  add("acme", {0}, 10s);
  daemon->reload(setup());
  const auto before = api->count("acme");
  time.run_for(100s);
  EXPECT_NEAR(static_cast<double>(api->count("acme") - before), 10, 1);
}

TEST_F(engine_reload, more_and_fewer_workers_are_taken_up) {
  for (int i = 0; i < 20; ++i) {
    add("w" + std::to_string(i));
    api->answers("w" + std::to_string(i), "t");
  }
  workers = 1;
  start();
  workers = 8;
  daemon->reload(setup());
  api->hold();
  daemon->sync();
  time.run_for(0s);
  const auto in_flight = api->log.size();
  api->release();
  time.run_for(0s);
  EXPECT_GE(api->log.size(), in_flight + 12);
  workers = 1;
  daemon->reload(setup());
  time.run_for(5min);
  EXPECT_EQ(daemon->fleet().workspaces[static_cast<std::size_t>(workspace_state::ok)], 22U);
}

TEST_F(engine_reload, readers_that_walk_by_id_survive_it) {
  start();
  workspace_status out;
  ASSERT_TRUE(daemon->next({}, out));
  EXPECT_EQ(out.id, "acme");
  remove("bolt");
  add("corp");
  daemon->reload(setup());
  ASSERT_TRUE(daemon->next("acme", out));
  EXPECT_EQ(out.id, "corp");
  EXPECT_FALSE(daemon->next("corp", out));
}

TEST_F(engine_reload, while_the_daemon_stops_is_left_to_the_next_start) {
  start();
  api->answers("acme", "a2");
  files->hold();
  daemon->sync("acme");
  time.run_for(0s);
  running->cancel();
  time.run_for(0s);
  auto next = setup();
  const auto more = std::make_shared<fake_sink>(time, "more");
  next.sinks.push_back({"more", true, removal, more});
  for (auto& each : next.profiles) each.sinks.push_back(2);
  daemon->reload(std::move(next));
  time.run_for(0s);
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2") << "what had begun is finished";
  EXPECT_EQ(more->looks, 0U);
  EXPECT_EQ(state.closes, 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
