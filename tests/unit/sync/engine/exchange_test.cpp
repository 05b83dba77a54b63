// What a reload does to sinks while they are at work.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_exchange : engine_world_test, testing::Test {
  engine_exchange() {
    add("acme");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }
  /// A second token of acme's is under way to its file, and takes until files->release().
  void begin_a_delivery() {
    files->hold();
    api->answers("acme", "a2", time.wall());
    daemon->sync("acme");
    time.run_for(0s);
  }
  void reload() {
    daemon->reload(setup());
    time.run_for(0s);
  }
  void label(const std::string& name, const std::string& value) {
    for (auto& each : profiles) each.workspace_labels = {{name, value}};
  }
};

TEST_F(engine_exchange, a_sink_that_is_called_otherwise_is_given_nothing_twice_at_once) {
  start();
  begin_a_delivery();
  auto next = setup();
  next.sinks[0].name = "renamed";
  daemon->reload(next);
  api->answers("acme", "a3", time.wall() + 1s);
  daemon->sync("acme");
  time.run_for(0s);
  files->release();
  time.run_for(0s);
  EXPECT_FALSE(files->twice_at_once);
  EXPECT_EQ(file("acme"), "a3");
  EXPECT_EQ(status("acme").sinks[0].name, "renamed");
  EXPECT_TRUE(status("acme").sinks[0].in_sync);
}

TEST_F(engine_exchange, two_sinks_that_exchange_their_names_keep_what_they_have) {
  add("bolt", {1});
  start();
  auto next = setup();
  std::swap(next.sinks[0].writer, next.sinks[1].writer);
  for (auto& each : next.profiles) {
    each.sinks[0] = static_cast<std::uint16_t>(1 - each.sinks[0]);
  }
  daemon->reload(next);
  time.run_for(0s);
  EXPECT_EQ(seen.count("retired"), 0U);
  EXPECT_EQ(status("acme").sinks[0].name, "vault");
  api->answers("acme", "a2", time.wall());
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_exchange,
       a_workspace_that_comes_back_while_it_is_written_is_not_written_twice_at_once) {
  start();
  begin_a_delivery();
  const auto all = std::exchange(workspaces, {});
  reload();
  // Its slot serves another one by now.
  add("bolt");
  reload();
  workspaces.insert(workspaces.begin(), all.begin(), all.end());
  api->answers("acme", "a3", time.wall() + 1s);
  reload();
  EXPECT_EQ(files->attempts, 3U) << "a1, a2 and b1";
  files->release();
  time.run_for(0s);
  EXPECT_FALSE(files->twice_at_once);
  EXPECT_EQ(file("acme"), "a3");
  EXPECT_EQ(file("bolt"), "b1");
  EXPECT_TRUE(status("acme").sinks[0].in_sync);
}

TEST_F(engine_exchange, what_is_put_off_while_the_sink_is_at_it_comes_even_when_that_fails) {
  start();
  begin_a_delivery();
  const auto all = std::exchange(workspaces, {});
  reload();
  workspaces = all;
  api->answers("acme", "a3", time.wall() + 1s);
  reload();
  files->trouble = failure{failure_kind::unreachable, "gone for a moment"};
  const auto heal = [this] {
    if (files->attempts == 3) files->trouble.reset();
  };
  files->on_deliver = heal;
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "a3");
}

TEST_F(engine_exchange, a_place_that_moved_while_it_was_written_is_written_where_it_is_now) {
  start();
  begin_a_delivery();
  label("in", "new");
  reload();
  files->release();
  time.run_for(0s);
  EXPECT_FALSE(files->twice_at_once);
  EXPECT_EQ(file("new/acme"), "a2");
  EXPECT_TRUE(status("acme").sinks[0].in_sync);
  EXPECT_EQ(state.destinations["files/new/acme"].generation, 2U);
}

TEST_F(engine_exchange, a_place_that_moved_while_it_was_written_is_not_left_with_a_token) {
  removal = config::on_remove::erase;
  start();
  begin_a_delivery();
  label("in", "new");
  reload();
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(file("new/acme"), "a2");
}

TEST_F(engine_exchange, the_places_of_a_sink_with_new_settings_are_looked_at_at_once) {
  start();
  const auto old = files;
  files = std::make_shared<fake_sink>(time, "files");
  files->drifted.insert("files/acme");
  files->interval = 1h;
  reload();
  EXPECT_EQ(file("acme"), "a1");
  EXPECT_EQ(seen.count("drifted acme files"), 1U);
}

TEST_F(engine_exchange, the_places_of_sinks_that_stay_are_not_looked_at_by_a_reload) {
  start();
  const auto before = files->looks;
  add("bolt");
  reload();
  EXPECT_EQ(files->looks, before);
}

TEST_F(engine_exchange, what_has_other_labels_is_looked_at_at_once) {
  files->interval = 1h;
  start();
  label("tier", "gold");
  files->drifted.insert("files/acme");
  files->content.clear();
  reload();
  EXPECT_EQ(file("acme"), "a1");
}

TEST_F(engine_exchange, another_interval_of_looks_holds_from_the_reload_on) {
  files->interval = 1h;
  start();
  time.run_for(1min);
  const auto old = files;
  files = std::make_shared<fake_sink>(time, "files");
  files->content = old->content;
  files->interval = 1min;
  reload();
  const auto before = files->looks;
  time.run_for(10min);
  EXPECT_EQ(files->looks - before, 10U);
}

}  // namespace
}  // namespace tokensyncd::sync
