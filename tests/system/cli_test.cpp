#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class cli_test : public testing::Test {
 protected:
  finished command(const std::vector<std::string>& words) { return daemon_.command(words); }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
  daemon daemon_{api_, {.workspaces = {"acme", "beta"}}};
};

TEST_F(cli_test, a_usage_error_is_64_and_one_line) {
  const auto ended = command({"status", "--nonsense"});
  EXPECT_EQ(ended.exit_code, 64);
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd --help"));
}

TEST_F(cli_test, a_missing_configuration_is_78_and_named) {
  std::filesystem::remove(daemon_.config_file());
  const auto ended = command({"run"});
  EXPECT_EQ(ended.exit_code, 78);
  EXPECT_THAT(ended.errors, HasSubstr(daemon_.config_file().string()));
}

TEST_F(cli_test, each_line_of_several_errors_begins_with_the_programs_name) {
  write_file(daemon_.config_file(), "version: 1\nparner: {}\npol: {}\n");
  for (const auto* name : {"check", "run"}) {
    std::istringstream lines{command({name}).errors};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
      EXPECT_THAT(line, StartsWith("tokensyncd: " + daemon_.config_file().string() + ":"));
    EXPECT_GE(count, 2U);
  }
}

TEST_F(cli_test, a_report_that_cannot_be_written_is_told_and_1_whatever_it_says) {
  const std::vector<std::string> into_full{"/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"};
  EXPECT_EQ(command({"once"}).exit_code, 0);
  const auto expect_refused = [&](const std::vector<std::string>& words) {
    const auto ended = daemon_.command(words, into_full);
    EXPECT_EQ(ended.exit_code, 1) << words.front();
    EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: standard output cannot be written"))
        << words.front();
  };
  expect_refused({"--version"});
  expect_refused({"--help"});
  expect_refused({"check"});
  expect_refused({"plan"});
  daemon_.start();
  EXPECT_EQ(command({"status", "--wait", "1m"}).exit_code, 0);
  expect_refused({"status"});
  expect_refused({"status", "--json"});
  expect_refused({"status", "--watch"});
}

TEST_F(cli_test, what_needs_a_daemon_is_69_without_one) {
  for (const auto* name : {"status", "sync", "reload"}) {
    const auto ended = command({name});
    EXPECT_EQ(ended.exit_code, 69) << name;
    EXPECT_THAT(ended.errors, HasSubstr("no daemon listens on"));
  }
}

TEST_F(cli_test, what_needs_a_daemon_is_78_where_the_file_that_names_its_socket_has_errors) {
  write_file(daemon_.config_file(), "admin: {socket: elsewhere.sock}\nnonsense: [\n");
  const auto ended = command({"status"});
  EXPECT_EQ(ended.exit_code, 78);
  EXPECT_THAT(ended.errors, testing::Not(HasSubstr("no daemon listens on")));
}

TEST_F(cli_test, an_unknown_workspace_or_sink_is_64) {
  daemon_.start();
  for (const auto& words : std::vector<std::vector<std::string>>{{"status", "nope"},
                                                                 {"status", "--sink", "nope"},
                                                                 {"sync", "nope"},
                                                                 {"plan", "nope"},
                                                                 {"verify", "nope"},
                                                                 {"rotate", "--yes", "nope"}}) {
    const auto ended = command(words);
    EXPECT_EQ(ended.exit_code, 64) << words.front();
    EXPECT_THAT(ended.errors, HasSubstr(" nope")) << words.front();
  }
}

TEST_F(cli_test, a_status_is_filtered_and_says_so_with_its_exit_code_alone) {
  daemon_.start();
  EXPECT_EQ(command({"status", "--wait", "1m", "--quiet"}).exit_code, 0);
  const auto quiet = command({"status", "acme", "--quiet"});
  EXPECT_EQ(quiet.exit_code, 0);
  EXPECT_EQ(quiet.output, "");
  EXPECT_THAT(command({"status", "--trouble"}).output, HasSubstr("nothing to show"));
  const auto json = boost::json::parse(command({"status", "acme", "--json"}).output);
  EXPECT_EQ(json.at("workspaces").as_array().size(), 1U);
}

TEST_F(cli_test, a_second_daemon_is_75_and_names_the_first) {
  daemon_.start();
  for (const auto* name : {"run", "once"}) {
    const auto ended = command({name});
    EXPECT_EQ(ended.exit_code, 75) << name;
    EXPECT_THAT(ended.errors, HasSubstr(std::to_string(daemon_.running().id())));
  }
}

TEST_F(cli_test, once_delivers_and_is_0_then_there_is_nothing_to_plan) {
  EXPECT_EQ(command({"plan"}).exit_code, 2);
  EXPECT_EQ(command({"once"}).exit_code, 0);
  EXPECT_FALSE(daemon_.delivered("acme").empty());
  EXPECT_EQ(command({"plan"}).exit_code, 0);
}

TEST_F(cli_test, as_root_takes_nothing_away_from_the_user_of_the_state) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can act for another user";
  constexpr uid_t service = 61303;
  const auto state = daemon_.directory() / "state.db";
  const std::vector<std::vector<std::string>> all{
      {"once"}, {"plan"}, {"verify"}, {"rotate", "acme", "--yes"}};
  const auto expect_refused = [&] {
    for (const auto& words : all) {
      const auto ended = command(words);
      EXPECT_EQ(ended.exit_code, 71) << words.front() << ended.errors;
      EXPECT_THAT(ended.errors, HasSubstr("sudo -u '#61303'")) << words.front();
    }
    EXPECT_EQ(api_.count("acme", "posts"), 0U);
  };
  ASSERT_EQ(::chown(daemon_.directory().c_str(), service, service), 0);
  expect_refused();  // before its first start
  EXPECT_FALSE(std::filesystem::exists(state));
  EXPECT_FALSE(std::filesystem::exists(state.string() + ".lock"));
  EXPECT_TRUE(daemon_.delivered("acme").empty());

  ASSERT_EQ(::chown(daemon_.directory().c_str(), 0, 0), 0);
  ASSERT_EQ(command({"once"}).exit_code, 0) << "what is root's own";
  ASSERT_EQ(::chown(state.c_str(), service, service), 0);
  const auto token = daemon_.delivered("acme");
  api_.rotate("acme");
  expect_refused();
  struct stat found{};
  ASSERT_EQ(::stat(state.c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, service);
  EXPECT_EQ(daemon_.delivered("acme"), token);
}

TEST_F(cli_test, once_is_1_where_nobody_answers_though_everything_was_delivered_before) {
  ASSERT_EQ(command({"once"}).exit_code, 0);
  api_.when_anyone().answer(503, "none");
  const auto ended = command({"once", "--timeout", "3s"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("acme was not checked: "));
}

TEST_F(cli_test, once_for_one_workspace_leaves_the_others_alone) {
  EXPECT_EQ(command({"once", "beta"}).exit_code, 0);
  EXPECT_TRUE(daemon_.delivered("acme").empty());
  EXPECT_FALSE(daemon_.delivered("beta").empty());
  EXPECT_EQ(command({"once", "gamma"}).exit_code, 64);
}

TEST_F(cli_test, a_workspace_that_is_gone_makes_once_1_at_once) {
  daemon_.configure({.workspaces = {"acme", "ghost"}});
  const auto ended = command({"once", "--timeout", "1h"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("ghost is not in sync in"));
}

TEST_F(cli_test, once_ends_early_where_the_secret_is_refused) {
  write_file(daemon_.secret_file(), "of somebody else, and as long as one has to be\n");
  const auto ended = command({"once", "--timeout", "1h"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("waiting is in vain: "));
  EXPECT_THAT(ended.errors, HasSubstr("partner.secret_file"));
}

TEST_F(cli_test, once_ends_early_where_a_directory_is_missing) {
  std::filesystem::remove(daemon_.directory() / "tokens");
  const auto ended = command({"once", "--timeout", "1h"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("waiting is in vain"));
  EXPECT_THAT(ended.errors, HasSubstr("acme is not in sync in files: "));
  EXPECT_THAT(ended.errors, HasSubstr("beta is not in sync in files: "));
}

TEST_F(cli_test, once_waits_where_one_of_several_may_still_succeed) {
  std::filesystem::remove(daemon_.directory() / "tokens");
  api_.when("acme").answer(503, "none");
  const auto ended = command({"once", "--timeout", "3s"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, testing::Not(HasSubstr("in vain")));
}

TEST_F(cli_test, the_running_daemon_answers_status_sync_plan_and_reload) {
  daemon_.start();
  EXPECT_EQ(command({"status", "--wait", "1m"}).exit_code, 0);
  EXPECT_EQ(command({"plan"}).exit_code, 0);
  EXPECT_EQ(command({"sync", "acme"}).exit_code, 0);
  EXPECT_EQ(command({"sync", "nobody"}).exit_code, 64);
  const auto no_webhook = command({"event", "acme"});
  EXPECT_EQ(no_webhook.exit_code, 1);
  EXPECT_THAT(no_webhook.errors, HasSubstr("has no `webhook`"));
  EXPECT_EQ(command({"reload"}).exit_code, 0);
}

TEST_F(cli_test, check_tries_what_it_can_and_prints_the_configuration_when_asked) {
  const auto ended = command({"check", "--online"});
  EXPECT_EQ(ended.exit_code, 0) << ended.errors;
  EXPECT_THAT(ended.output, testing::Not(HasSubstr("partner:")));
  EXPECT_THAT(ended.output,
              testing::EndsWith("\nno problem found for this user: 2 workspaces, 1 sink\n"));
  const auto printed = command({"check", "--print"});
  EXPECT_THAT(printed.output, HasSubstr("\npartner:\n"));
  EXPECT_THAT(printed.output,
              testing::EndsWith("\n# no problem found for this user: 2 workspaces, 1 sink\n"));
  EXPECT_TRUE(daemon_.delivered("acme").empty());
}

}  // namespace
}  // namespace tokensyncd::tests
