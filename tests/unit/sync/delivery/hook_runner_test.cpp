#include "daemon/sync/delivery/hook_runner.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/runtime/async/task_group.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// One sink with a hook, for two workspaces, without an engine.
struct a_hook_runner : testing::Test {
  a_hook_runner() {
    all.profiles = std::make_shared<const std::vector<config::workspace_profile>>(
        1, config::workspace_profile{60s, true, {0}, {}});
    channel->what = {"files", true, config::on_remove::keep, files, program, 2s};
    all.channels = {channel};
    all.book.merge({{"acme", 0}, {"bolt", 0}});
    const auto one = [](const record&) { return std::size_t{1}; };
    const auto fresh = [](const record&, std::size_t) { return std::optional<std::size_t>{}; };
    all.book.lay_out(one, fresh);
    group.start(runners.serve(channel));
    time.settle();
  }
  ~a_hook_runner() override {
    program->release();
    runners.stop(time.now());
    time.run_for(0s);
  }

  [[nodiscard]] std::shared_ptr<sink_channel> make_channel() {
    const dependencies deps{time, rng, state, seen, prints};
    return std::make_shared<sink_channel>(deps, all, known);
  }
  [[nodiscard]] record& of(const std::string& id) { return all.book.at(*all.book.find(id)); }
  [[nodiscard]] presence& destination(const std::string& id) { return all.presence_of(of(id), 0); }

  /// A delivery of `id` ends, and what runs at once runs.
  void deliver(const std::string& id, std::uint32_t generation,
               hook_runner::written_destination how = {}) {
    how.generation_before = destination(id).generation;
    destination(id).generation = generation;
    channel->hook.written(*all.book.find(id), destination(id), how);
    all.refresh(of(id), time.now());
    time.run_for(0s);
  }
  [[nodiscard]] std::size_t pending() const { return channel->hook.status().pending; }
  [[nodiscard]] std::size_t runs() const { return program->starts.size(); }

  asio::io_context loop{1};
  support::manual_clock time{loop};
  no_rng rng;
  fingerprinter prints{installation_key{}};
  fake_store state;
  recorder seen;
  fleet all;
  known_tokens known{prints, all};
  std::shared_ptr<fake_sink> files = std::make_shared<fake_sink>(time, "files");
  std::shared_ptr<fake_hook> program = std::make_shared<fake_hook>(time);
  std::shared_ptr<sink_channel> channel = make_channel();
  hook_runners runners;
  task_group group{loop.get_executor()};
};

TEST_F(a_hook_runner, runs_the_hook_for_content_that_it_has_not_seen) {
  deliver("acme", 1);
  EXPECT_THAT(program->shown, ElementsAre("acme 1"));
  EXPECT_EQ(destination("acme").hook_seen, 1U);
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(state.commits, 1U) << "which is stored";
  time.run_for(1h);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(a_hook_runner, needs_no_run_for_the_same_bytes_under_a_new_generation) {
  deliver("acme", 1);
  deliver("acme", 2, {.untouched = true, .same_token = true});
  EXPECT_EQ(destination("acme").hook_seen, 2U);
  EXPECT_FALSE(channel->hook.is_pending(destination("acme")));
  time.run_for(1h);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(a_hook_runner, runs_again_after_a_repair_during_a_run) {
  program->hold();
  deliver("acme", 1);
  deliver("acme", 1);
  program->release();
  time.run_for(0s);
  EXPECT_TRUE(channel->hook.is_pending(destination("acme"))) << "that run began before the repair";
  time.run_for(2s);
  EXPECT_EQ(runs(), 2U);
  EXPECT_FALSE(channel->hook.is_pending(destination("acme")));
}

TEST_F(a_hook_runner, says_whether_a_run_is_near_that_no_failure_puts_off) {
  EXPECT_FALSE(channel->hook.is_about_to_see(destination("acme"), time.now()))
      << "nothing is there";
  program->hold();
  deliver("acme", 1);
  EXPECT_TRUE(channel->hook.is_about_to_see(destination("acme"), time.now())) << "it is under way";
  program->trouble = failure{failure_kind::io_error, "no"};
  program->release();
  time.run_for(0s);
  EXPECT_FALSE(channel->hook.is_about_to_see(destination("acme"), time.now()));
  EXPECT_EQ(channel->hook.status().failures, 1U);
  EXPECT_EQ(channel->hook.status().error, "no");
}

TEST_F(a_hook_runner, forgets_a_workspace_that_leaves) {
  program->trouble = failure{failure_kind::io_error, "no"};
  deliver("acme", 1);
  deliver("bolt", 1);
  EXPECT_EQ(pending(), 2U);
  channel->hook.forget(*all.book.find("acme"));
  time.run_for(10s);
  EXPECT_THAT(program->shown, ElementsAre("bolt 1"));
}

TEST_F(a_hook_runner, keeps_its_failures_over_a_reload) {
  program->trouble = failure{failure_kind::io_error, "no"};
  deliver("acme", 1);
  channel->hook.reset();
  EXPECT_EQ(pending(), 0U);
  all.refresh(of("acme"), time.now());
  EXPECT_EQ(pending(), 1U);
  EXPECT_EQ(channel->hook.status().failures, 1U);
}

TEST_F(a_hook_runner, is_never_pending_without_a_hook) {
  channel->what.on_change.reset();
  deliver("acme", 1);
  EXPECT_EQ(pending(), 0U);
  EXPECT_FALSE(channel->hook.is_pending(destination("acme")));
}

TEST_F(a_hook_runner, is_asked_to_end_even_where_its_sink_has_left) {
  program->hold();
  deliver("acme", 1);
  channel->retired = true;
  all.channels = {make_channel()};
  runners.stop(time.now() + 7s);
  ASSERT_TRUE(program->asked_to_end_by);
  EXPECT_EQ(*program->asked_to_end_by, time.now() + 7s);
}

}  // namespace
}  // namespace tokensyncd::sync
