// Whether what was delivered works: asked for by a command, or once after each rotation.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using state = verified_token::state;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

task<> wait_for_lines(engine& daemon, std::vector<std::string> only,
                      std::vector<verified_token>& into) {
  auto got = co_await daemon.verify(std::move(only));
  into = std::move(got);
}

struct engine_verify : engine_world_test, testing::Test {
  engine_verify() {
    add("acme");
    add("bolt");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }

  std::vector<verified_token> verify(std::vector<std::string> only = {}) {
    std::vector<verified_token> lines;
    task_group work(loop.get_executor());
    work.start(wait_for_lines(*daemon, std::move(only), lines));
    time.run_for(100ms);
    return lines;
  }
  void rotate_to(const std::string& token) {
    api->answers("acme", token);
    daemon->sync("acme");
    time.run_for(0s);
  }
};

TEST_F(engine_verify, asks_about_the_token_that_was_delivered) {
  start();
  const auto lines = verify();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].workspace, "acme");
  EXPECT_EQ(lines[0].how, state::works);
  EXPECT_THAT(public_api->asked, ElementsAre("a1", "b1"));
  EXPECT_EQ(verify({"bolt"}).size(), 1U);
}

TEST_F(engine_verify,
       only_a_refused_token_makes_its_workspace_due_and_is_shown_until_another_comes) {
  start();
  public_api->says["a1"] = token_state::refused;
  public_api->says["b1"] = token_state::unknown;
  const auto gets = api->count("bolt");
  const auto lines = verify();
  EXPECT_EQ(lines[0].how, state::refused);
  EXPECT_EQ(lines[1].how, state::unknown);
  EXPECT_EQ(status("acme").last_error, "it doesn't work");
  EXPECT_EQ(status("acme").failing_since, time.wall() - 100ms);
  EXPECT_EQ(daemon->fleet().refused_tokens, 1U);
  EXPECT_EQ(status("bolt").last_error, "");
  api->answers("acme", "a2");
  time.run_for(2s);
  EXPECT_EQ(file("acme"), "a2") << "asked for before its time";
  EXPECT_EQ(status("acme").last_error, "");
  EXPECT_EQ(status("acme").failing_since, std::nullopt);
  EXPECT_EQ(daemon->fleet().refused_tokens, 0U);
  EXPECT_EQ(api->count("bolt"), gets + 1) << "by the command alone";
}

TEST_F(engine_verify, says_so_where_the_api_has_another_token_and_makes_that_due) {
  start();
  api->answers("acme", "a2");
  const auto lines = verify({"acme"});
  EXPECT_EQ(lines[0].how, state::not_delivered);
  EXPECT_THAT(public_api->asked, IsEmpty());
  EXPECT_EQ(file("acme"), "a2");
}

TEST_F(engine_verify, tells_a_token_that_a_sink_lacks_from_one_that_was_replaced) {
  start();
  files->trouble = failure{failure_kind::no_space, "the disk is full"};
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(1s);
  EXPECT_THAT(verify({"acme"})[0].why, testing::HasSubstr("is not in every sink"));
  api->answers("acme", "a3");
  EXPECT_THAT(verify({"acme"})[0].why, testing::HasSubstr("not the one that the Partner API has"));
}

TEST_F(engine_verify, never_makes_a_token_and_cannot_tell_without_an_answer) {
  start();
  add("cone");
  daemon->reload(setup());
  EXPECT_EQ(verify({"cone"})[0].how, state::not_seen_yet);
  api->fails("acme", failure_kind::timed_out);
  EXPECT_EQ(verify({"acme"})[0].how, state::unknown);
}

TEST_F(engine_verify, after_each_rotation_it_is_asked_once_where_that_is_configured) {
  verify_after = true;
  start();
  EXPECT_THAT(public_api->asked, IsEmpty()) << "a first sight is no rotation";
  rotate_to("a2");
  time.run_for(10min);
  EXPECT_THAT(public_api->asked, ElementsAre("a2"));
  EXPECT_THAT(seen.lines, Contains("verified acme works"));
  rotate_to("a3");
  EXPECT_THAT(public_api->asked, ElementsAre("a2", "a3"));
}

TEST_F(engine_verify, is_never_asked_by_itself_where_that_is_not_configured) {
  start();
  rotate_to("a2");
  EXPECT_THAT(public_api->asked, IsEmpty());
}

TEST_F(engine_verify, waits_for_the_last_sink) {
  verify_after = true;
  add("both", {0, 1});
  api->answers("both", "x1");
  start();
  vault->hold();
  api->answers("both", "x2");
  daemon->sync("both");
  time.run_for(1min);
  EXPECT_THAT(public_api->asked, IsEmpty());
  vault->release();
  time.run_for(0s);
  EXPECT_THAT(public_api->asked, ElementsAre("x2"));
}

TEST_F(engine_verify, tokens_that_are_refused_one_after_the_other_make_no_storm) {
  verify_after = true;
  start();
  for (int i = 2; i < 12; ++i) {
    const std::string token = "a" + std::to_string(i);
    public_api->says[token] = token_state::refused;
  }
  rotate_to("a2");
  const auto gets = api->count("acme");
  time.run_for(30s);
  EXPECT_LE(api->count("acme") - gets, 2U) << "the same token is not asked about again";
  for (int i = 3; i < 12; ++i) {
    const auto before = api->count("acme");
    rotate_to("a" + std::to_string(i));
    time.run_for(1s);
    EXPECT_LE(api->count("acme") - before, 2U) << i;
  }
}

TEST_F(engine_verify,
       a_refused_token_is_asked_for_again_within_hours_however_long_the_interval_is) {
  add("corp", {0}, 7 * 24h);
  api->answers("corp", "c1");
  start();
  public_api->says["c1"] = token_state::refused;
  for (int i = 0; i < 24; ++i) {
    time.run_for(2h);  // in which it has been asked for again
    verify({"corp"});
  }
  EXPECT_LT(*status("corp").next_check - time.wall(), 70min);
}

}  // namespace
}  // namespace tokensyncd::sync
