// What becomes of places that nobody uses any more.
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
using testing::Not;

TEST_F(engine_cleanup, what_can_not_be_taken_away_is_tried_again_until_it_is) {
  removal = config::on_remove::erase;
  start();
  files->removal_error = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_TRUE(state.destinations.contains("files/acme"));
  time.run_for(1min);
  EXPECT_EQ(files->removals, 4U) << "after 5, 15 and 35 s";
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files"), 1)
      << "it is told once";
  files->removal_error.reset();
  time.run_for(1min);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_cleanup, of_a_place_that_changed_wait_until_the_new_one_has_the_token) {
  removal = config::on_remove::erase;
  start();
  files->trouble = failure{failure_kind::missing_place, "no such directory"};
  profiles[0].workspace_labels = {{"in", "new"}};
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(file("acme"), "a1") << "all that its readers have";
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_EQ(files->removals, 0U);
  files->trouble.reset();
  daemon->sync("");
  time.run_for(0s);
  EXPECT_EQ(file("new/acme"), "a1");
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "nothing");
}

TEST_F(engine_cleanup, of_a_place_that_changed_do_not_wait_once_the_workspace_leaves) {
  removal = config::on_remove::erase;
  start();
  files->trouble = failure{failure_kind::missing_place, "no such directory"};
  profiles[0].workspace_labels = {{"in", "new"}};
  daemon->reload(setup());
  time.run_for(1min);
  remove("acme");
  daemon->reload(setup());
  time.run_for(5s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
}

TEST_F(engine_cleanup, what_somebody_else_has_written_since_is_not_asked_about_again) {
  removal = config::on_remove::erase;
  start();
  files->removal_error = failure{failure_kind::conflict, "not ours"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(files->removals, 1U);
  restart();
  EXPECT_EQ(files->removals, 1U) << "nor after a restart";
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files"), 1);
}

TEST_F(engine_cleanup, that_find_what_another_workspace_has_there_now_are_done) {
  removal = config::on_remove::erase;
  files->label_is_the_place = true;
  profiles.push_back(profiles[0]);
  profiles[0].workspace_labels = {{"in", "p0"}};
  profiles[1].workspace_labels = {{"in", "p1"}};
  workspaces[1].profile = 1;
  start();
  ASSERT_EQ(files->content["files/p0/"], "a1");
  // They swap their places, and each finds the other's token in its old one.
  std::swap(profiles[0], profiles[1]);
  files->removal_error = failure{failure_kind::conflict, "remove it by hand"};
  daemon->reload(setup());
  time.run_for(1min);
  EXPECT_EQ(files->content["files/p0/"], "b1");
  EXPECT_EQ(files->content["files/p1/"], "a1");
  EXPECT_EQ(files->removals, 2U);
  EXPECT_EQ(seen.errors_of_removals, 0U) << "what is there is in use";
  EXPECT_EQ(state.destinations["files/p0/"].workspace, "bolt");
}

TEST_F(engine_cleanup, a_place_that_another_entry_has_by_another_name_is_kept) {
  removal = config::on_remove::erase;
  files->marks_are_places = true;
  start();
  remove("acme");  // its mark is that of bolt's place
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(files->removals, 0U);
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
}

TEST_F(engine_cleanup, what_comes_back_is_not_taken_away_later) {
  removal = config::on_remove::erase;
  start();
  files->removal_error = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1s);
  add("acme");
  daemon->reload(setup());
  files->removal_error.reset();
  time.run_for(1h);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(files->removals, 1U);
}

TEST_F(engine_cleanup, what_was_written_too_late_and_can_not_be_taken_away_is_tried_again) {
  removal = config::on_remove::erase;
  start();
  files->hold();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  files->removal_error = failure{failure_kind::server_error, "sealed"};
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
  files->removal_error.reset();
  time.run_for(5s);
  EXPECT_EQ(file("acme"), "nothing");
}

TEST_F(engine_cleanup, what_another_sink_may_have_in_the_same_place_is_kept) {
  removal = config::on_remove::erase;
  files->same_as = "cluster/";
  start();
  const auto old = files;
  // The same cluster by another address: another name of the same place.
  files = std::make_shared<fake_sink>(time, "elsewhere");
  files->same_as = "cluster/";
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(old->removals, 0U);
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
  EXPECT_THAT(seen.lines, Not(Contains("retired acme files withdrawn")));
}

TEST_F(engine_cleanup, what_comes_back_while_it_is_taken_away_is_written_again) {
  removal = config::on_remove::erase;
  files->interval = 1h;
  start();
  files->hold_removals();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  add("acme");
  daemon->reload(setup());
  time.run_for(1s);
  ASSERT_EQ(file("acme"), "a1") << "and was found to be right";
  files->drifted.insert("files/acme");  // from the moment on at which it is gone
  files->release_removals();
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_TRUE(state.destinations.contains("files/acme"));
}

TEST_F(engine_cleanup, of_a_sink_that_hangs_keep_no_other_sink_from_it) {
  removal = config::on_remove::erase;
  std::erase_if(workspaces, [](const auto&) { return true; });
  add("acme", {1, 0});
  start();
  vault->hold_removals();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  vault->release_removals();
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
}

TEST_F(engine_cleanup, a_sink_learns_who_else_has_a_mark_recorded) {
  start();
  const auto rotate = [this](const std::string& id, const std::string& token) {
    time.run_for(1ms);
    api->answers(id, token, time.wall());
    daemon->sync(id);
    time.run_for(0s);
  };
  files->asks_about_etag = 1;
  rotate("acme", "a2");
  ASSERT_TRUE(files->has_etag);
  EXPECT_EQ(files->has_etag->workspace, "bolt");
  EXPECT_EQ(files->has_etag->sink, "files");
  files->asks_about_etag = 2;
  rotate("acme", "a3");
  EXPECT_FALSE(files->has_etag) << "its own is nobody else's";
  rotate("bolt", "b2");
  EXPECT_FALSE(files->has_etag) << "that was acme's before";
  files->asks_about_etag = 3;
  rotate("bolt", "b3");
  ASSERT_TRUE(files->has_etag);
  EXPECT_EQ(files->has_etag->workspace, "acme");
}

}  // namespace
}  // namespace tokensyncd::sync
