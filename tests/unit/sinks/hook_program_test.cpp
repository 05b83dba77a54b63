#include "daemon/sinks/exec/hook_program.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"
#include "tests/unit/sinks/programs.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

bool is_t0ken(std::string_view word) {
  return word == "t0ken";
}

const sync::token_test known{is_t0ken, [] { return std::vector<std::uint16_t>{5}; }};

struct a_hook : with_programs {
  result<void> run(const std::string& text) {
    settings.command = {script("hook", text), "reload"};
    return run();
  }
  result<void> run() {
    hook_program hook{"files", settings, world};
    return tests::run_task(loop, hook.run(known));
  }

  config::hook_settings settings;
};

TEST_F(a_hook, that_ends_with_0_has_succeeded) {
  EXPECT_TRUE(run("echo $1 of $TOKENSYNCD_SINK: t0ken"));
  EXPECT_THAT(heard, testing::ElementsAre("files stdout: reload of files: …"));
}

TEST_F(a_hook, that_prints_tokens_without_a_word_between_shows_none) {
  EXPECT_TRUE(run("printf pret0ken; printf t0kent0ken; printf post; printf 't0\\nken\\n'"));
  EXPECT_THAT(heard, testing::ElementsAre("files stdout: pre…postt0", "files stdout: ken"));
}

TEST_F(a_hook, that_fails_says_how) {
  const auto how = run("exit 5");
  ASSERT_FALSE(how);
  EXPECT_THAT(how.error().sentence, HasSubstr("the hook of the sink files"));
  EXPECT_THAT(how.error().sentence, HasSubstr("ended with exit code 5"));
}

TEST_F(a_hook, that_hangs_is_told_from_one_that_fails) {
  settings.timeout = 200ms;
  const auto how = run("sleep 60");
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().kind, failure_kind::timed_out);
}

TEST_F(a_hook, that_is_to_end_while_its_program_is_looked_for_is_not_run) {
  settings.command = {script("hook", "echo ran")};
  hook_program hook{"files", settings, world};
  const auto stop = [&] { hook.end_by(time->now()); };
  // Behind the run's beginning, and before what its thread has found comes back to the loop.
  const auto both = [&]() -> task<result<void>> {
    asio::post(loop, stop);
    co_return co_await hook.run(known);
  };
  const auto how = tests::run_task(loop, both());
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().kind, failure_kind::cancelled);
  EXPECT_TRUE(heard.empty());
}

TEST_F(a_hook, that_is_told_its_end_while_its_program_is_looked_for_ends_then) {
  settings.command = {script("hook", "sleep 60")};
  hook_program hook{"files", settings, world};
  const auto stop = [&] { hook.end_by(time->now() + 300ms); };
  const auto both = [&]() -> task<result<void>> {
    asio::post(loop, stop);
    co_return co_await hook.run(known);
  };
  const auto began = time->now();
  const auto how = tests::run_task(loop, both());
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().kind, failure_kind::cancelled);
  EXPECT_LT(time->now() - began, 20s);
}

TEST_F(a_hook, may_be_named_without_its_directory) {
  settings.command = {"true"};
  EXPECT_TRUE(run());
  EXPECT_TRUE(look_at_hook(settings));
  settings.command = {"no-such-program"};
  EXPECT_EQ(run().error().kind, failure_kind::missing_place);
  EXPECT_EQ(look_at_hook(settings).error().sentence, run().error().sentence);
}

}  // namespace
}  // namespace tokensyncd::sinks
