// What becomes of places that nobody uses any more.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Not;

struct engine_withdrawals : engine_world_test, testing::Test {
  engine_withdrawals() {
    add("acme");
    add("bolt");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }
  void remove(std::string_view id) {
    std::erase_if(workspaces, [&](const auto& w) { return w.id == id; });
  }
};

TEST_F(engine_withdrawals, what_can_not_be_taken_away_is_tried_again_until_it_is) {
  removal = config::on_remove::erase;
  start();
  files->withdrawal_trouble = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_TRUE(memory.places.contains("files/acme"));
  time.run_for(1min);
  EXPECT_EQ(files->withdrawals, 4U) << "after 5, 15 and 35 s";
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files"), 1)
      << "it is told once";
  files->withdrawal_trouble.reset();
  time.run_for(1min);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(memory.places.contains("files/acme"));
}

TEST_F(engine_withdrawals, what_somebody_else_has_written_since_is_not_asked_about_again) {
  removal = config::on_remove::erase;
  start();
  files->withdrawal_trouble = failure{failure_kind::conflict, "not ours"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(files->withdrawals, 1U);
}

TEST_F(engine_withdrawals, a_place_that_another_entry_has_by_another_name_is_kept) {
  removal = config::on_remove::erase;
  files->marks_are_places = true;
  start();
  remove("acme");  // its mark is that of bolt's place
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(files->withdrawals, 0U);
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
}

TEST_F(engine_withdrawals, what_comes_back_is_not_taken_away_later) {
  removal = config::on_remove::erase;
  start();
  files->withdrawal_trouble = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1s);
  add("acme");
  daemon->reload(setup());
  files->withdrawal_trouble.reset();
  time.run_for(1h);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(files->withdrawals, 1U);
}

TEST_F(engine_withdrawals, what_was_written_too_late_and_can_not_be_taken_away_is_tried_again) {
  removal = config::on_remove::erase;
  start();
  files->hold();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  files->withdrawal_trouble = failure{failure_kind::server_error, "sealed"};
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
  files->withdrawal_trouble.reset();
  time.run_for(5s);
  EXPECT_EQ(file("acme"), "nothing");
}

TEST_F(engine_withdrawals, what_another_sink_may_have_in_the_same_place_is_kept) {
  removal = config::on_remove::erase;
  files->same_as = "cluster/";
  start();
  const auto old = files;
  // The same cluster by another address: another name of the same place.
  files = std::make_shared<fake_sink>(time, "elsewhere");
  files->same_as = "cluster/";
  daemon->reload(setup());
  time.run_for(1h);
  EXPECT_EQ(old->withdrawals, 0U);
  EXPECT_THAT(seen.lines, Contains("retired acme files"));
  EXPECT_THAT(seen.lines, Not(Contains("retired acme files withdrawn")));
}

TEST_F(engine_withdrawals, what_comes_back_while_it_is_taken_away_is_written_again) {
  removal = config::on_remove::erase;
  files->interval = 1h;
  start();
  files->hold_withdrawals();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  add("acme");
  daemon->reload(setup());
  time.run_for(1s);
  ASSERT_EQ(file("acme"), "a1") << "and was found to be right";
  files->drifted.insert("files/acme");  // from the moment on at which it is gone
  files->release_withdrawals();
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_TRUE(memory.places.contains("files/acme"));
}

TEST_F(engine_withdrawals, of_a_sink_that_hangs_keep_no_other_sink_from_it) {
  removal = config::on_remove::erase;
  std::erase_if(workspaces, [](const auto&) { return true; });
  add("acme", {1, 0});
  start();
  vault->hold_withdrawals();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  vault->release_withdrawals();
  time.run_for(0s);
  EXPECT_EQ(secret_in_vault("acme"), "nothing");
}

TEST_F(engine_withdrawals, a_sink_learns_who_else_has_a_mark_recorded) {
  start();
  const auto rotate = [this](const std::string& id, const std::string& token) {
    time.run_for(1ms);
    api->answers(id, token, time.wall());
    daemon->sync(id);
    time.run_for(0s);
  };
  files->asks_about_mark = 1;
  rotate("acme", "a2");
  ASSERT_TRUE(files->has_mark);
  EXPECT_EQ(files->has_mark->workspace, "bolt");
  EXPECT_EQ(files->has_mark->sink, "files");
  files->asks_about_mark = 2;
  rotate("acme", "a3");
  EXPECT_FALSE(files->has_mark) << "its own is nobody else's";
  rotate("bolt", "b2");
  EXPECT_FALSE(files->has_mark) << "that was acme's before";
  files->asks_about_mark = 3;
  rotate("bolt", "b3");
  ASSERT_TRUE(files->has_mark);
  EXPECT_EQ(files->has_mark->workspace, "acme");
}

TEST_F(engine_withdrawals, what_left_while_it_was_stopped_is_taken_away_at_the_start) {
  removal = config::on_remove::erase;
  start();
  stop();
  remove("acme");
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(memory.places.contains("files/acme"));
}

TEST_F(engine_withdrawals, a_place_that_changed_while_it_was_stopped_is_taken_away_at_the_start) {
  removal = config::on_remove::erase;
  start();
  stop();
  profiles[0].workspace_labels = {{"in", "new"}};
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("new/acme"), "a1");
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files withdrawn"), 1);
}

TEST_F(engine_withdrawals, that_failed_before_a_stop_are_tried_again_after_it) {
  removal = config::on_remove::erase;
  start();
  files->withdrawal_trouble = failure{failure_kind::server_error, "sealed"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(1s);
  restart();
  EXPECT_EQ(file("acme"), "a1");
  files->withdrawal_trouble.reset();
  time.run_for(6s);
  EXPECT_EQ(file("acme"), "nothing");
  restart();
  EXPECT_EQ(std::count(seen.lines.begin(), seen.lines.end(), "retired acme files withdrawn"), 1);
}

TEST_F(engine_withdrawals, at_a_start_follow_what_was_configured_before_the_stop) {
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

TEST_F(engine_withdrawals, at_a_start_keep_what_was_to_be_kept) {
  start();
  stop();
  remove("acme");
  removal = config::on_remove::erase;
  start();
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(files->withdrawals, 0U);
}

TEST_F(engine_withdrawals, at_a_start_take_nothing_that_another_workspace_has_now) {
  removal = config::on_remove::erase;
  start();
  stop();
  memory.places["files/bolt"].workspace = "acme";  // as if acme's path had led there before
  start();
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_EQ(files->withdrawals, 0U);
}

TEST_F(engine_withdrawals, at_a_start_take_nothing_of_those_that_were_left_out_on_purpose) {
  removal = config::on_remove::erase;
  start();
  stop();
  remove("acme");
  whole = false;  // `once bolt`
  start();
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_withdrawals, at_a_start_are_not_done_where_so_many_left_that_it_may_be_a_mistake) {
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

TEST_F(engine_withdrawals, at_a_start_say_so_where_no_sink_reaches_the_place) {
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
