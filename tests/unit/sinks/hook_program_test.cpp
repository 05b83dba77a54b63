#include "daemon/sinks/exec/hook_program.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

bool is_t0ken(std::string_view word) {
  return word == "t0ken" || word == "tok=en";
}

TEST(without_tokens, leaves_words_that_are_none) {
  EXPECT_EQ(without_tokens("", is_t0ken), "");
  EXPECT_EQ(without_tokens("  a t0kens b  ", is_t0ken), "  a t0kens b  ");
}

TEST(without_tokens, knows_a_token_between_quotes_brackets_and_after_a_name) {
  EXPECT_EQ(without_tokens("t0ken", is_t0ken), "…");
  EXPECT_EQ(without_tokens("{\"token\":\"t0ken\"}", is_t0ken), "{\"token\":\"…\"}");
  EXPECT_EQ(without_tokens("A=t0ken tok=en B=tok=en", is_t0ken), "A=… … B=…");
}

struct a_hook : testing::Test {
  a_hook() { std::signal(SIGPIPE, SIG_IGN); }

  result<void> run(const std::string& text) {
    std::ofstream(home / "hook") << "#!/bin/sh\n" << text << "\n";
    std::filesystem::permissions(home / "hook", std::filesystem::perms::owner_all);
    settings.command = {(home / "hook").string(), "reload"};
    return run();
  }
  result<void> run() {
    hook_program hook{"files", settings, world};
    const sync::token_test test = is_t0ken;
    return tests::run_task(loop, hook.run(test));
  }

  tests::temporary_directory home;
  config::hook_settings settings;
  asio::io_context loop{1};
  std::unique_ptr<clock> time = make_system_clock(loop);
  std::unique_ptr<random_source> chance = make_chance();
  system_calls system;
  writer_identity identity{installation_key{}};
  fingerprinter prints{installation_key{}};
  std::vector<std::string> heard;
  sink_world world{system,
                   identity,
                   loop,
                   *time,
                   *chance,
                   prints,
                   "partner",
                   "tokensyncd/0",
                   {},
                   [this](const std::string& sink, std::string_view stream, std::string_view line) {
                     heard.push_back(sink + " " + std::string(stream) + ": " + std::string(line));
                   }};
};

TEST_F(a_hook, that_ends_with_0_has_succeeded) {
  EXPECT_TRUE(run("echo $1 of $TOKENSYNCD_SINK: t0ken"));
  EXPECT_THAT(heard, testing::ElementsAre("files stdout: reload of files: …"));
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
