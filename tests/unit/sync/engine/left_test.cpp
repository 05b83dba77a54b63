// What becomes of places that nobody uses any more since the daemon was stopped.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_cleanup_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

TEST_F(engine_cleanup, what_left_while_it_was_stopped_is_stored_as_retired) {
  start();
  stop();
  remove("acme");
  start();
  EXPECT_TRUE(state.workspaces["acme"].retired_at);
  EXPECT_FALSE(state.workspaces["bolt"].retired_at);
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_cleanup, what_left_while_it_was_stopped_is_taken_away_at_the_start) {
  removal = config::on_remove::erase;
  start();
  stop();
  remove("acme");
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_cleanup, a_place_that_changed_while_it_was_stopped_is_taken_away_at_the_start) {
  removal = config::on_remove::erase;
  start();
  stop();
  profiles[0].workspace_labels = {{"in", "new"}};
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("new/acme"), "a1");
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files withdrawn"), 1);
}

TEST_F(engine_cleanup, that_failed_before_a_stop_are_tried_again_after_it) {
  removal = config::on_remove::erase;
  start();
  files->removal_error = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1s);
  restart();
  EXPECT_EQ(file("acme"), "a1");
  files->removal_error.reset();
  time.run_for(6s);
  EXPECT_EQ(file("acme"), "nothing");
  restart();
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files withdrawn"), 1);
}

TEST_F(engine_cleanup, at_a_start_follow_what_was_configured_before_the_stop) {
  start();
  removal = config::on_remove::erase;
  daemon->reload(setup());
  time.run_for(0s);
  stop();
  remove("acme");
  removal = config::on_remove::keep;
  start();
  EXPECT_EQ(file("acme"), "nothing") << "the reload before had said so";
}

TEST_F(engine_cleanup, at_a_start_keep_what_was_to_be_kept) {
  start();
  stop();
  remove("acme");
  removal = config::on_remove::erase;
  start();
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(files->removals, 0U);
}

TEST_F(engine_cleanup, at_a_start_take_nothing_that_another_workspace_has_now) {
  removal = config::on_remove::erase;
  start();
  stop();
  state.destinations["files/bolt"].workspace = "acme";  // as if acme's path had led there before
  start();
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_EQ(files->removals, 0U);
}

TEST_F(engine_cleanup, at_a_start_take_nothing_of_those_that_were_left_out_on_purpose) {
  removal = config::on_remove::erase;
  start();
  stop();
  remove("acme");
  whole = false;  // `once bolt`
  start();
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_cleanup, at_a_start_are_not_done_where_so_many_left_that_it_may_be_a_mistake) {
  removal = config::on_remove::erase;
  for (char c = 'a'; c < 'f'; ++c) {
    add(std::string("w") + c);
    api->answers(std::string("w") + c, "t");
  }
  start();
  stop();
  for (char c = 'a'; c < 'f'; ++c) remove(std::string("w") + c);
  start();
  EXPECT_EQ(file("wa"), "t");
  EXPECT_EQ(seen.count("retired w"), 5U) << "which is told";
}

TEST_F(engine_cleanup, kept_at_a_start_as_so_many_left_stay_so_at_the_next) {
  removal = config::on_remove::erase;
  for (char c = 'a'; c < 'f'; ++c) {
    add(std::string("w") + c);
    api->answers(std::string("w") + c, "t");
  }
  start();
  stop();
  const auto all = workspaces;
  for (char c = 'a'; c < 'f'; ++c) remove(std::string("w") + c);
  start();
  restart();
  EXPECT_EQ(file("wa"), "t");
  EXPECT_EQ(files->removals, 0U);
  EXPECT_EQ(seen.count("retired w"), 5U) << "once";

  workspaces = all;
  restart();
  remove("wa");
  restart();
  EXPECT_EQ(file("wa"), "nothing") << "what came back is removed as is configured";
}

TEST_F(engine_cleanup, of_one_that_left_before_are_done_although_many_leave_at_once) {
  removal = config::on_remove::erase;
  for (char c = 'a'; c < 'f'; ++c) {
    add(std::string("w") + c);
    api->answers(std::string("w") + c, "t");
  }
  start();
  files->removal_error = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1s);
  stop();
  files->removal_error.reset();
  for (char c = 'a'; c < 'f'; ++c) remove(std::string("w") + c);
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("wa"), "t");
}

TEST_F(engine_cleanup, at_a_start_say_so_where_no_sink_reaches_the_place) {
  removal = config::on_remove::erase;
  start();
  stop();
  remove("acme");
  files->reach = "elsewhere/";
  start();
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
}

}  // namespace
}  // namespace tokensyncd::sync
