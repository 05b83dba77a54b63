// Answers that disagree: replicas that lag behind, a node of the API that is stuck.
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

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
      const rotation_request wish{};
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

  /// Rotated twice between two looks: most answers have `t2`, those of a stuck node `t1`, which
  /// nobody has ever seen. The first one after that is `t2`'s.
  void rotate_twice_behind_a_stuck_node(int share) {
    api->answers("acme", "t2", good_time);
    daemon->sync("acme");
    time.run_for(100ms);
    ASSERT_EQ(file("acme"), "t2");
    api->instead = [this, share](const std::string&) {
      return in_percent(share) ? "t1" : std::string{};
    };
  }

  std::optional<wall_time> good_time{};
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
  state = fake_store{};
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
  time.run_for(2s);
  ASSERT_EQ(file("acme"), "first") << "nobody can know";
  api->instead = nullptr;
  daemon->sync("acme");
  live(16s);
  EXPECT_EQ(file("acme"), "second");
}

TEST_F(engine_disputes, a_stuck_node_between_two_quick_rotations_is_found_out_by_more_answers) {
  for (const int share : {10, 30}) {
    for (const bool has_time : {false, true}) {
      int dead = 0;
      for (unsigned seed = 0; seed < 5; ++seed) {
        api->instead = nullptr;
        api->answers("acme", "t0");
        stop();
        state = fake_store{};
        files->content.clear();
        dice.seed(seed);
        good_time = has_time ? std::optional{time.wall()} : std::nullopt;
        start();
        rotate_twice_behind_a_stuck_node(share);
        auto held = live(30min);
        EXPECT_EQ(file("acme"), "t2") << share << " percent, seed " << seed;
        dead += held["t1"];
      }
      // Where it is silent for ten minutes it is believed at once, and replaced minutes later.
      EXPECT_LE(dead, 5 * 18'000 * 6 / 100) << share << " percent, with time: " << has_time;
    }
  }
}

TEST_F(engine_disputes, a_stuck_node_that_is_seen_first_after_two_quick_rotations_is_found_out) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    api->instead = nullptr;
    api->answers("acme", "t0");
    stop();
    state = fake_store{};
    files->content.clear();
    dice.seed(seed);
    start();
    api->answers("acme", "t1");
    daemon->sync("acme");
    time.run_for(1s);
    ASSERT_EQ(file("acme"), "t1");
    api->answers("acme", "t2");
    api->instead = [this](const std::string&) { return in_percent(30) ? "t1" : std::string{}; };
    live(10min);
    EXPECT_EQ(file("acme"), "t2") << "seed " << seed;
  }
}

TEST_F(engine_disputes, a_second_rotation_soon_after_the_first_arrives_two_seconds_later) {
  api->answers("acme", "t1");
  daemon->sync("acme");
  time.run_for(5s);
  api->answers("acme", "t2");
  const auto asked = api->count("acme");
  daemon->sync("acme");
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "t2");
  EXPECT_LE(api->count("acme") - asked, 4U);
  EXPECT_EQ(disputed(), 0U);
}

TEST_F(engine_disputes, what_most_answers_have_comes_back_in_minutes_though_it_was_replaced) {
  // After so long a token that was never seen is believed at once.
  api->answers("acme", "t2");
  daemon->sync("acme");
  live(11min);
  api->instead = [](const std::string&) { return "t1"; };
  daemon->sync("acme");
  time.run_for(100ms);
  ASSERT_EQ(file("acme"), "t1");
  api->instead = [this](const std::string&) { return in_percent(10) ? "t1" : std::string{}; };
  live(5min);
  EXPECT_EQ(file("acme"), "t2");
  const auto held = live(2h);
  EXPECT_EQ(held.size(), 1U);
}

TEST_F(engine_disputes, a_token_that_the_public_api_refused_gives_way_to_the_next_answer) {
  stop();
  verify_after = true;
  start();
  public_api->says["t1"] = token_state::refused;
  api->answers("acme", "t2");
  daemon->sync("acme");
  live(11min);
  api->instead = [](const std::string&) { return "t1"; };
  daemon->sync("acme");
  time.run_for(100ms);
  ASSERT_EQ(file("acme"), "t1");
  api->instead = nullptr;
  live(2s);
  EXPECT_EQ(file("acme"), "t2") << "by one answer, although it was replaced";
}

TEST_F(engine_disputes, two_tokens_that_were_both_refused_do_not_take_turns) {
  stop();
  verify_after = true;
  start();
  for (const auto* each : {"t1", "t2"}) public_api->says[each] = token_state::refused;
  api->answers("acme", "t1");
  daemon->sync("acme");
  live(3s);
  api->answers("acme", "t2");
  daemon->sync("acme");
  live(3s);
  ASSERT_EQ(file("acme"), "t2");
  const auto writes = files->writes.size();
  api->instead = [this](const std::string&) { return in_percent(30) ? "t1" : std::string{}; };
  live(10min);
  EXPECT_EQ(files->writes.size(), writes);
}

TEST_F(engine_disputes, a_refusal_of_what_answered_our_own_rotation_brings_no_old_token_back) {
  stop();
  verify_after = true;
  start();
  public_api->says["ours"] = token_state::refused;  // by a replica that doesn't know it yet
  rotate("ours");
  api->instead = [](const std::string&) { return "t0"; };
  daemon->sync("acme");
  live(5s);
  EXPECT_EQ(file("acme"), "ours");
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
  EXPECT_EQ(state.workspaces["acme"].formers->size(), 3U);
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
