#include "daemon/sinks/hook/hook_program.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"
#include "tests/unit/sinks/programs.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

bool is_the_token(std::string_view word) {
  return word == "t0ken";
}

const sync::token_test known{is_the_token, [] { return std::vector<std::uint16_t>{5}; }};

struct a_hook : with_programs {
  result<void> run(const std::string& text) {
    settings.command = {script("hook", text), "reload"};
    return run();
  }
  result<void> run() {
    hook_program hook{"files", settings, context};
    return run(hook);
  }
  result<void> run(hook_program& hook) { return tests::run_task(loop, hook.run(changes, known)); }
  std::vector<std::string> seen() const {
    std::vector<std::string> all;
    for (const auto& each : changes)
      if (each.seen) all.push_back(each.workspace);
    return all;
  }

  config::hook_settings settings;
  config::labels labels{{"unit", "app-1"}};
  std::vector<sync::hook_change> changes{{"acme", &labels, 3}};
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

TEST_F(a_hook, that_fails_gives_its_last_line_without_tokens_and_printable) {
  const auto how = run("echo first; printf 'no unit t0ken\\033[2J\\n\\n' >&2; exit 5");
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().output, R"(no unit …\x1b[2J)");
  EXPECT_THAT(how.error().sentence, HasSubstr("its output is in the log"));
}

TEST_F(a_hook, that_fails_without_a_word_says_so) {
  const auto how = run("exit 5");
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().output, "");
  EXPECT_THAT(how.error().sentence, HasSubstr("it wrote nothing"));
}

TEST_F(a_hook, that_hangs_is_told_from_one_that_fails) {
  settings.timeout = 200ms;
  const auto how = run("sleep 60");
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().kind, failure_kind::timed_out);
}

TEST_F(a_hook, that_is_to_end_while_its_program_is_looked_for_is_not_run) {
  settings.command = {script("hook", "echo ran")};
  hook_program hook{"files", settings, context};
  std::optional<result<void>> how;
  const auto ended = [&](const std::exception_ptr&, result<void> with) { how = std::move(with); };
  const auto stop = [&] { hook.end_by(time->now()); };
  asio::co_spawn(loop, hook.run(changes, known), ended);
  // In the queue already when the run begins: so what its thread has found comes behind it.
  asio::post(loop, stop);
  loop.run();
  ASSERT_TRUE(how);
  ASSERT_FALSE(*how);
  EXPECT_EQ(how->error().kind, failure_kind::cancelled);
  EXPECT_TRUE(heard.empty());
}

TEST_F(a_hook, that_is_told_its_end_while_its_program_is_looked_for_ends_then) {
  settings.command = {script("hook", "sleep 60")};
  hook_program hook{"files", settings, context};
  const auto stop = [&] { hook.end_by(time->now() + 300ms); };
  const auto both = [&]() -> task<result<void>> {
    asio::post(loop, stop);
    co_return co_await hook.run(changes, known);
  };
  const auto began = time->now();
  const auto how = tests::run_task(loop, both());
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().kind, failure_kind::cancelled);
  EXPECT_LT(time->now() - began, 20s);
}

TEST_F(a_hook, is_told_which_workspaces_changed_as_json_lines) {
  changes = {{"a\"b c", &labels, 3}, {"beta", &labels, 1}};
  EXPECT_TRUE(run("echo \"$TOKENSYNCD_WORKSPACES\"; echo ${TOKENSYNCD_WORKSPACE-none}"));
  EXPECT_THAT(heard,
              testing::ElementsAre(R"(files stdout: {"workspace_id":"a\"b c","generation":3})",
                                   R"(files stdout: {"workspace_id":"beta","generation":1})",
                                   "files stdout: none"));
  EXPECT_THAT(seen(), testing::ElementsAre("a\"b c", "beta"));
}

TEST_F(a_hook, is_told_of_many_workspaces_by_the_path_of_a_file) {
  changes.clear();
  for (int i = 1000; i < 6000; ++i)
    changes.push_back({"workspace-" + std::to_string(i), &labels, 1});
  // Read twice, and by a program that the shell starts.
  EXPECT_TRUE(
      run("case $TOKENSYNCD_WORKSPACES in /*) ;; *) exit 1;; esac\n"
          "wc -l < $TOKENSYNCD_WORKSPACES; tail -n 1 $TOKENSYNCD_WORKSPACES\n"
          "ls /proc/self/fd | wc -l"));
  EXPECT_THAT(heard, testing::ElementsAre(
                         "files stdout: 5000",
                         R"(files stdout: {"workspace_id":"workspace-5999","generation":1})",
                         // Its three, the file, and that of the list itself.
                         "files stdout: 5"));
}

TEST_F(a_hook, that_names_a_workspace_runs_for_each_that_changed) {
  changes = {{"acme", &labels, 3}, {"beta", &labels, 1}};
  settings.command = {script("hook", "echo $1 $TOKENSYNCD_WORKSPACE $TOKENSYNCD_WORKSPACES"),
                      "{label.unit}@{workspace}"};
  EXPECT_TRUE(run());
  EXPECT_THAT(heard,
              testing::ElementsAre(
                  R"(files stdout: app-1@acme acme {"workspace_id":"acme","generation":3})",
                  R"(files stdout: app-1@beta beta {"workspace_id":"beta","generation":1})"));
}

TEST_F(a_hook, that_fails_for_one_workspace_has_succeeded_for_the_others) {
  changes = {
      {"acme", &labels, 3}, {"beta", &labels, 1}, {"cent", &labels, 1}, {"dock", &labels, 1}};
  settings.command = {script("hook", "case $1 in beta | cent) exit 4;; esac"), "{workspace}"};
  const auto how = run();
  ASSERT_FALSE(how);
  EXPECT_THAT(how.error().sentence, HasSubstr("ended with exit code 4 for the workspace beta"));
  EXPECT_THAT(how.error().sentence, HasSubstr("1 more of its runs failed too"));
  EXPECT_THAT(seen(), testing::ElementsAre("acme", "dock"));
}

TEST_F(a_hook, that_hangs_for_some_workspaces_comes_to_the_others_in_its_next_round) {
  changes = {{"a", &labels, 1}, {"b", &labels, 1}, {"c", &labels, 1}, {"d", &labels, 1}};
  settings.timeout = 200ms;
  settings.command = {script("hook", "test $1 = d || sleep 60"), "{workspace}"};
  hook_program hook{"files", settings, context};
  EXPECT_EQ(run(hook).error().kind, failure_kind::timed_out);
  EXPECT_TRUE(seen().empty());
  EXPECT_EQ(run(hook).error().kind, failure_kind::timed_out);
  EXPECT_THAT(seen(), testing::ElementsAre("d"));
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
