// What becomes of places that nobody uses any more.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/engine_withdrawals_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Not;

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
    api->answers(id, token);
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

}  // namespace
}  // namespace tokensyncd::sync
