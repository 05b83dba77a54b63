// Answers that disagree: replicas that lag behind, a node of the API that is stuck.
#include <chrono>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_disputes : engine_world_test, testing::Test {
  engine_disputes() {
    add("acme");
    api->answers("acme", "t0");
    start();
  }

  void rotate(const std::string& token) {
    api->rotates_to("acme", token);
    auto order = [this]() -> task<> {
      const rotation_wish wish{};
      co_await daemon->rotate("acme", wish);
    };
    running->start(order());
    time.run_for(100ms);
  }

  /// Steps of 100 ms; how many of them had each token in the file.
  std::map<std::string, int> live(std::chrono::seconds span) {
    std::map<std::string, int> held;
    for (auto left = std::chrono::milliseconds{span}; left > 0ms; left -= 100ms) {
      time.run_for(100ms);
      ++held[file("acme")];
    }
    return held;
  }

  [[nodiscard]] std::size_t disputed() const {
    return daemon->fleet().workspaces[static_cast<std::size_t>(workspace_state::disputed)];
  }

  std::mt19937 dice{7};
  bool in_percent(int share) { return std::uniform_int_distribution<int>{1, 100}(dice) <= share; }
};

TEST_F(engine_disputes, replicas_behind_two_quick_rotations_bring_no_old_token_back) {
  for (int round = 0; round < 20; ++round) {
    const std::string base = "r" + std::to_string(round) + "-";
    rotate(base + "1");
    rotate(base + "2");
    ASSERT_EQ(file("acme"), base + "2");
    const std::string oldest = round == 0 ? "t0" : "r" + std::to_string(round - 1) + "-2";
    api->instead = [&](const std::string&) {
      return in_percent(40) ? oldest : in_percent(40) ? base + "1" : std::string{};
    };
    const auto held = live(30s);
    EXPECT_EQ(held.size(), 1U) << "nothing but " << base << "2";
    api->instead = nullptr;
    live(60s);
  }
}

TEST_F(engine_disputes, a_lag_behind_a_fresh_rotation_is_no_dispute) {
  rotate("t1");
  api->instead = [this](const std::string&) { return in_percent(50) ? "t0" : std::string{}; };
  live(20s);
  api->instead = nullptr;
  live(2min);
  EXPECT_EQ(disputed(), 0U);
}

TEST_F(engine_disputes, a_stuck_node_s_dead_token_is_not_delivered_and_shown) {
  rotate("t1");
  rotate("t2");
  rotate("t3");
  live(2min);
  api->instead = [this](const std::string&) { return in_percent(30) ? "t1" : std::string{}; };
  const auto held = live(2h);
  EXPECT_EQ(held.size(), 1U) << "nothing but t3";
  EXPECT_EQ(disputed(), 1U);
  EXPECT_NE(std::string(status("acme").last_error).find("disagree"), std::string::npos);
  api->instead = nullptr;
  live(12min);
  EXPECT_EQ(disputed(), 0U);
  EXPECT_EQ(status("acme").last_error, "");
}

TEST_F(engine_disputes, a_stuck_node_that_answers_first_is_found_out_by_the_next_answer) {
  // As after a loss of the state: nothing is known to be old.
  api->instead = [](const std::string&) { return "dead"; };
  stop();
  memory = fake_store{};
  start();
  EXPECT_EQ(file("acme"), "dead");
  api->instead = [this](const std::string&) { return in_percent(30) ? "dead" : std::string{}; };
  live(5min);
  const auto held = live(2h);
  EXPECT_EQ(held.size(), 1U);
  EXPECT_TRUE(held.contains("t0"));
}

TEST_F(engine_disputes, an_older_time_makes_a_dead_token_never_seen_before_doubtful) {
  api->answers("acme", "new", time.wall());
  live(2min);
  ASSERT_EQ(file("acme"), "new");
  // A stuck node has a token from before we knew the workspace, and says when that was made.
  api->instead_at = time.wall() - 240h;
  api->instead = [this](const std::string&) { return in_percent(30) ? "dead" : std::string{}; };
  const auto held = live(2h);
  int dead = 0;
  for (const auto& [token, steps] : held) dead += token == "dead" ? steps : 0;
  EXPECT_LE(dead, 610) << "no longer than until the next check, which happens once at most";
  EXPECT_EQ(file("acme"), "new");
}

TEST_F(engine_disputes, an_older_time_that_all_answers_have_is_believed_within_two_seconds) {
  api->answers("acme", "t1", time.wall());
  live(2min);
  api->answers("acme", "t2", time.wall() - 1h);
  daemon->sync("acme");
  const auto held = live(4s);
  EXPECT_GE(held.at("t2"), 20);
}

TEST_F(engine_disputes, what_answered_our_own_rotation_goes_before_what_one_answer_says) {
  // Somebody else rotated just before us; a replica shows that token, which we have never seen.
  rotate("ours");
  api->instead = [](const std::string&) { return "theirs"; };
  daemon->sync("acme");
  live(1s);
  EXPECT_EQ(file("acme"), "ours");
  api->instead = nullptr;
  const auto held = live(2min);
  EXPECT_EQ(held.size(), 1U);
}

TEST_F(engine_disputes, two_rotations_seen_the_wrong_way_round_are_put_right_in_seconds) {
  api->answers("acme", "second");
  daemon->sync("acme");
  time.run_for(1s);
  api->instead = [](const std::string&) { return "first"; };
  daemon->sync("acme");
  time.run_for(1s);
  ASSERT_EQ(file("acme"), "first") << "nobody can know";
  api->instead = nullptr;
  daemon->sync("acme");
  live(16s);
  EXPECT_EQ(file("acme"), "second");
}

TEST_F(engine_disputes, what_is_old_is_remembered_over_a_restart) {
  rotate("t1");
  rotate("t2");
  rotate("t3");
  restart();
  api->instead = [](const std::string&) { return "t1"; };
  daemon->sync("acme");
  const auto held = live(30s);
  EXPECT_EQ(held.size(), 1U);
  EXPECT_EQ(memory.workspaces["acme"].formers->size(), 3U);
}

TEST_F(engine_disputes, an_old_token_that_all_answers_have_is_believed_after_a_minute) {
  rotate("t1");
  rotate("t2");
  api->answers("acme", "t0");
  daemon->sync("acme");
  live(55s);
  EXPECT_EQ(file("acme"), "t2");
  live(15s);
  EXPECT_EQ(file("acme"), "t0") << "as after a restore of the vendor's";
  EXPECT_EQ(disputed(), 0U);
}

}  // namespace
}  // namespace tokensyncd::sync
