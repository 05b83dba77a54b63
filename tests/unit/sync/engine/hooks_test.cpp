// Hooks: at once, once for what comes together, until they succeed, and never in anybody's way.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_hooks : engine_world_test, testing::Test {
  engine_hooks() {
    reload_app = std::make_shared<fake_hook>(time);
    add("acme", {0, 1});
    add("bolt", {0, 1});
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }

  [[nodiscard]] bool pending(std::string_view id) const { return status(id).sinks[0].hook_pending; }
  [[nodiscard]] std::size_t runs() const { return reload_app->starts.size(); }
  void rotate(const std::string& id, const std::string& token) {
    api->answers(id, token, time.wall() + std::chrono::microseconds{++rotations_});
    daemon->sync(id);
    time.run_for(0s);
  }

 private:
  int rotations_ = 0;
};

TEST_F(engine_hooks, a_hook_runs_at_once_after_a_change_and_not_again) {
  start();
  EXPECT_GE(runs(), 1U);
  time.run_for(10min);
  const auto before = runs();
  const auto now = time.now();
  rotate("acme", "a2");
  ASSERT_EQ(runs(), before + 1);
  EXPECT_EQ(reload_app->starts.back(), now);
  EXPECT_FALSE(pending("acme"));
  time.run_for(1h);
  EXPECT_EQ(runs(), before + 1);
}

TEST_F(engine_hooks, is_not_kept_waiting_by_another_sink_that_is_slower) {
  start();
  time.run_for(1min);
  const auto before = runs();
  vault->hold();
  rotate("acme", "a2");
  EXPECT_EQ(runs(), before + 1) << "what another sink lacks is nothing to wait for";
  vault->release();
  time.run_for(1h);
  EXPECT_EQ(runs(), before + 1);
}

TEST_F(engine_hooks, what_changes_within_the_debounce_is_one_more_run) {
  start();
  time.run_for(1min);
  const auto before = runs();
  rotate("acme", "a2");
  rotate("bolt", "b2");
  rotate("acme", "a3");
  EXPECT_EQ(runs(), before + 1);
  EXPECT_TRUE(pending("acme"));
  time.run_for(2s);
  EXPECT_EQ(runs(), before + 2);
  EXPECT_FALSE(pending("acme"));
  EXPECT_FALSE(pending("bolt"));
}

TEST_F(engine_hooks, a_failing_hook_is_pending_and_retried_until_it_succeeds) {
  reload_app->trouble = failure{failure_kind::io_error, "the hook says no"};
  start();
  time.run_for(10s);
  const auto sink = status("acme").sinks[0];
  EXPECT_TRUE(sink.in_sync) << "the token is there";
  EXPECT_TRUE(sink.hook_pending);
  EXPECT_EQ(sink.hook_error, "the hook says no");
  EXPECT_GE(daemon->fleet().sinks[0].hook_failures, 3U);
  EXPECT_EQ(daemon->fleet().sinks[0].hook_pending, 2U);
  EXPECT_FALSE(status("acme").sinks[1].hook_pending) << "which has no hook";
  reload_app->trouble.reset();
  time.run_for(5min);
  EXPECT_FALSE(pending("acme"));
  EXPECT_EQ(daemon->fleet().sinks[0].hook_failures, 0U);
}

TEST_F(engine_hooks, a_failing_hook_is_run_at_once_when_an_operator_has_mended_it) {
  reload_app->trouble = failure{failure_kind::io_error, "the hook says no"};
  start();
  time.run_for(10min);
  ASSERT_TRUE(pending("acme"));
  reload_app->trouble.reset();
  daemon->sync("bolt");
  time.run_for(3s);
  EXPECT_FALSE(pending("acme"));
}

TEST_F(engine_hooks, is_told_which_workspaces_changed) {
  start();
  time.run_for(1min);
  rotate("acme", "a2");
  EXPECT_THAT(reload_app->shown, testing::ElementsAre("acme 2"));
  rotate("acme", "a3");
  rotate("bolt", "b2");
  time.run_for(1min);
  EXPECT_THAT(reload_app->shown, testing::ElementsAre("acme 3", "bolt 2"));
}

TEST_F(engine_hooks, what_a_failing_one_has_succeeded_for_is_pending_no_more) {
  start();
  time.run_for(1min);
  reload_app->trouble = failure{failure_kind::io_error, "no for bolt"};
  reload_app->succeeds_for = "acme";
  rotate("acme", "a2");
  rotate("bolt", "b2");
  time.run_for(10s);
  EXPECT_FALSE(pending("acme"));
  EXPECT_TRUE(pending("bolt"));
  EXPECT_THAT(reload_app->shown, testing::ElementsAre("bolt 2"));
  EXPECT_EQ(state.destinations.at("files/acme").hook_seen, 2U);
  EXPECT_EQ(state.destinations.at("files/bolt").hook_seen, 1U);
}

TEST_F(engine_hooks, a_hook_that_hangs_delays_no_delivery) {
  reload_app->hold();
  start();
  rotate("acme", "a2");
  EXPECT_EQ(file("acme"), "a2");
  EXPECT_EQ(secret_in_vault("acme"), "a2");
  EXPECT_EQ(runs(), 1U) << "and isn't started twice";
  time.run_for(5s);
  reload_app->release();
  time.run_for(0s);
  EXPECT_EQ(runs(), 2U) << "for what changed while it ran";
  time.run_for(2s);
  EXPECT_FALSE(pending("acme"));
}

TEST_F(engine_hooks, what_no_hook_has_seen_is_seen_after_a_start) {
  reload_app->hold();
  start();
  kill();
  EXPECT_EQ(state.destinations.at("files/acme").hook_seen, 0U);
  start();
  EXPECT_EQ(runs(), 2U);
  EXPECT_FALSE(pending("acme"));
  time.run_for(1min);
  const auto before = runs();
  restart();
  time.run_for(1min);
  EXPECT_EQ(runs(), before) << "nothing changed since";
}

TEST_F(engine_hooks, a_write_that_wasnt_recorded_is_still_shown_to_the_hook) {
  start();
  time.run_for(1min);
  const auto recorded = state;
  rotate("acme", "a2");
  time.run_for(1min);
  kill();
  state = recorded;  // as if killed between the write and its record
  const auto before = runs();
  start();
  time.run_for(1min);
  EXPECT_GT(runs(), before);
}

TEST_F(engine_hooks, a_repair_is_a_change) {
  start();
  time.run_for(1min);
  const auto before = runs();
  files->content.erase("files/acme");
  files->drifted.insert("files/acme");
  time.run_for(2min);
  EXPECT_EQ(runs(), before + 1);
}

TEST_F(engine_hooks, settled_waits_for_hooks) {
  reload_app->hold();
  start();
  bool settled = false;
  const auto wait = [&]() -> task<> {
    co_await daemon->settled();
    settled = true;
  };
  running->start(wait());
  time.run_for(1min);
  EXPECT_FALSE(settled);
  reload_app->release();
  time.run_for(1min);
  EXPECT_TRUE(settled);
}

TEST_F(engine_hooks, a_stop_gives_a_running_hook_7_s_and_leaves_it_pending) {
  reload_app->hold();
  start();
  running->cancel();
  time.run_for(0s);
  ASSERT_TRUE(reload_app->asked_to_end_by);
  EXPECT_EQ(*reload_app->asked_to_end_by, time.now() + 7s);
  reload_app->trouble = failure{failure_kind::cancelled, "stopped"};
  reload_app->release();
  time.run_for(0s);
  EXPECT_EQ(state.destinations.at("files/acme").hook_seen, 0U);
}

TEST_F(engine_hooks, a_reload_without_the_hook_drops_what_was_pending) {
  reload_app->trouble = failure{failure_kind::io_error, "the hook says no"};
  start();
  time.run_for(10s);
  auto without = setup();
  without.sinks[0].on_change.reset();
  daemon->reload(std::move(without));
  EXPECT_FALSE(pending("acme"));
  EXPECT_EQ(daemon->fleet().sinks[0].hook_pending, 0U);
  const auto before = runs();
  time.run_for(10min);
  EXPECT_EQ(runs(), before);
  EXPECT_EQ(daemon->fleet().sinks[0].hook_failures, 0U);
}

TEST_F(engine_hooks, a_workspace_that_leaves_is_pending_no_more) {
  reload_app->trouble = failure{failure_kind::io_error, "the hook says no"};
  start();
  time.run_for(10s);
  workspaces.erase(workspaces.begin());
  daemon->reload(setup());
  time.run_for(1s);
  EXPECT_EQ(daemon->fleet().sinks[0].hook_pending, 1U);
}

TEST_F(engine_hooks, a_token_in_what_a_hook_writes_is_known_by_its_fingerprint) {
  reload_app->asks_about = "a1";
  start();
  time.run_for(1min);
  EXPECT_TRUE(reload_app->printed_a_token);
  rotate("acme", "a2");
  EXPECT_TRUE(reload_app->printed_a_token) << "the one before is known too";
  reload_app->asks_about = "other";
  time.run_for(1min);
  rotate("acme", "a3");
  EXPECT_FALSE(reload_app->printed_a_token);
}

TEST_F(engine_hooks, the_token_before_is_known_by_a_state_that_holds_no_others) {
  start();
  time.run_for(10s);
  rotate("acme", "a2");
  stop();
  state.workspaces["acme"].formers.reset();  // as of an earlier version
  start();
  EXPECT_TRUE(daemon->tokens().is_token("a1"));
  EXPECT_FALSE(daemon->tokens().is_token("a0"));
}

TEST_F(engine_hooks, tokens_that_come_while_a_program_runs_are_known_to_it) {
  start();
  time.run_for(10s);
  const token_test known = daemon->tokens();
  EXPECT_TRUE(known.is_token("a1"));
  EXPECT_FALSE(known.is_token("a2"));
  for (int i = 2; i < 200; ++i) {
    const auto token = "a" + std::to_string(i);
    rotate("acme", token);
    EXPECT_TRUE(known.is_token(token)) << i;
    EXPECT_TRUE(known.is_token("a" + std::to_string(i - 1))) << "the one before " << i;
    EXPECT_TRUE(known.is_token("b1")) << i;
  }
}

TEST_F(engine_hooks, lengths_of_tokens_are_remembered_over_starts_and_with_those_that_left) {
  start();
  time.run_for(10s);
  EXPECT_THAT(daemon->tokens().lengths(), testing::ElementsAre(2));
  rotate("acme", "a-longer-one");
  rotate("acme", "a3");
  EXPECT_THAT(daemon->tokens().lengths(), testing::ElementsAre(2, 12));
  kill();
  api->fails("acme", failure_kind::unreachable);
  api->fails("bolt", failure_kind::unreachable);
  start();
  EXPECT_THAT(daemon->tokens().lengths(), testing::ElementsAre(2, 12))
      << "a hook may run before the first answer";
}

TEST_F(engine_hooks,
       a_length_that_an_older_state_does_not_have_is_remembered_with_the_first_answer) {
  start();
  time.run_for(10s);
  kill();
  state.lengths.clear();
  start();
  time.run_for(2min);
  EXPECT_EQ(state.lengths, std::set<std::uint16_t>{2});
}

}  // namespace
}  // namespace tokensyncd::sync
