#include "daemon/commands/console/command_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace tokensyncd::commands;
using tokensyncd::exit_code;
namespace config = tokensyncd::config;

std::variant<invocation, early_exit> parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv{"tokensyncd"};
  argv.insert(argv.end(), arguments);
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

template <class Options>
Options chosen(std::initializer_list<const char*> arguments) {
  return std::get<Options>(std::get<invocation>(parse(arguments)).command);
}

early_exit refused(std::initializer_list<const char*> arguments) {
  return std::get<early_exit>(parse(arguments));
}

TEST(command_line, each_command_is_known_by_its_name) {
  EXPECT_NO_THROW(chosen<run_options>({"run"}));
  EXPECT_NO_THROW(chosen<once_options>({"once"}));
  EXPECT_NO_THROW(chosen<check_options>({"check"}));
  EXPECT_NO_THROW(chosen<plan_options>({"plan"}));
  EXPECT_NO_THROW(chosen<status_options>({"status"}));
  EXPECT_NO_THROW(chosen<sync_options>({"sync"}));
  EXPECT_NO_THROW(chosen<reload_options>({"reload"}));
  EXPECT_NO_THROW(chosen<rotate_options>({"rotate", "acme"}));
  EXPECT_NO_THROW(chosen<verify_options>({"verify"}));
}

TEST(command_line, options_have_the_documented_defaults) {
  const auto run = std::get<invocation>(parse({"run"}));
  EXPECT_EQ(run.common.config, "/etc/tokensyncd/tokensyncd.yaml");
  EXPECT_EQ(run.common.level, std::nullopt);
  EXPECT_EQ(chosen<once_options>({"once"}).timeout, 60s);
  EXPECT_EQ(chosen<status_options>({"status"}).wait, std::nullopt);
  EXPECT_FALSE(chosen<check_options>({"check"}).online);
}

TEST(command_line, common_options_may_stand_before_and_after_the_command) {
  const auto before = std::get<invocation>(parse({"--config", "a.yaml", "check"}));
  const auto after = std::get<invocation>(parse({"check", "--config=a.yaml", "--log-level=debug"}));
  EXPECT_EQ(before.common.config, "a.yaml");
  EXPECT_EQ(after.common.config, "a.yaml");
  EXPECT_EQ(after.common.level, config::log_level::debug);
}

TEST(command_line, each_log_level_has_its_own_name) {
  const auto level = [](const char* name) {
    return std::get<invocation>(parse({"run", "--log-level", name})).common.level;
  };
  EXPECT_EQ(level("debug"), config::log_level::debug);
  EXPECT_EQ(level("info"), config::log_level::info);
  EXPECT_EQ(level("warning"), config::log_level::warning);
  EXPECT_EQ(level("error"), config::log_level::error);
}

TEST(command_line, once_takes_workspaces_and_a_timeout) {
  const auto once = chosen<once_options>({"once", "b", "a", "--timeout", "1500ms"});
  EXPECT_THAT(once.workspaces, testing::ElementsAre("b", "a"));
  EXPECT_EQ(once.timeout, 1500ms);
}

TEST(command_line, rotate_takes_workspaces_an_age_and_a_timeout_and_asks_unless_told) {
  const auto asks = chosen<rotate_options>({"rotate", "acme"});
  EXPECT_FALSE(asks.yes);
  EXPECT_EQ(asks.older_than, std::nullopt);
  EXPECT_EQ(asks.timeout, 60s);
  EXPECT_FALSE(asks.force);
  EXPECT_TRUE(chosen<rotate_options>({"rotate", "--force", "acme"}).force);
  const auto told = chosen<rotate_options>(
      {"rotate", "b", "a", "--yes", "--if-older-than", "30d", "--timeout", "5s"});
  EXPECT_THAT(told.workspaces, testing::ElementsAre("b", "a"));
  EXPECT_TRUE(told.yes);
  EXPECT_EQ(told.older_than, 30 * 24h);
  EXPECT_EQ(told.timeout, 5s);
}

TEST(command_line, rotate_takes_all_workspaces_only_with_an_age) {
  const auto all = chosen<rotate_options>({"rotate", "--all", "--if-older-than", "90d"});
  EXPECT_TRUE(all.all);
  EXPECT_TRUE(all.workspaces.empty());
  EXPECT_THAT(refused({"rotate", "--all"}).text, testing::HasSubstr("needs --if-older-than"));
  EXPECT_EQ(refused({"rotate", "--all", "--if-older-than", "90d", "acme"}).code, exit_code::usage);
}

TEST(command_line, an_unknown_command_is_told_from_none) {
  EXPECT_THAT(refused({}).text, testing::StartsWith("no command;"));
  EXPECT_THAT(refused({"stats"}).text, testing::StartsWith("unknown command stats;"));
}

TEST(command_line, rotate_without_a_workspace_is_told_to_name_one) {
  EXPECT_THAT(refused({"rotate", "--yes"}).text, testing::HasSubstr("name the workspaces"));
}

TEST(command_line, verify_takes_workspaces_or_none) {
  EXPECT_TRUE(chosen<verify_options>({"verify"}).selection.workspaces.empty());
  EXPECT_THAT(chosen<verify_options>({"verify", "b", "a"}).selection.workspaces,
              testing::ElementsAre("b", "a"));
}

TEST(command_line, an_id_that_looks_like_an_option_comes_after_two_dashes) {
  EXPECT_THAT(chosen<sync_options>({"sync", "--", "--odd"}).selection.workspaces,
              testing::ElementsAre("--odd"));
}

TEST(command_line, a_workspace_is_taken_as_it_is_whatever_it_looks_like) {
  for (const char* id :
       {"[]",  "[a]", "[a,b]", "[[a],b]", "[",           "]",   "[a",     "a]",   "[,]",  "{}",
        "{a}", "%%",  "a,b",   "a b",     "a=b",         "'a'", "\"a\"",  "`a`",  "true", "0",
        "@a",  "/a",  "\\",    "#a",      "caf\xC3\xA9", "run", "rotate", "help", "..."}) {
    EXPECT_THAT(chosen<once_options>({"once", id, "z"}).workspaces, testing::ElementsAre(id, "z"));
    EXPECT_THAT(chosen<sync_options>({"sync", "z", id}).selection.workspaces,
                testing::ElementsAre("z", id));
    EXPECT_THAT(chosen<rotate_options>({"rotate", "--yes", id}).workspaces,
                testing::ElementsAre(id));
    EXPECT_THAT(chosen<verify_options>({"verify", "--", id}).selection.workspaces,
                testing::ElementsAre(id));
  }
}

TEST(command_line, a_file_in_brackets_is_one_and_a_mistake_in_brackets_is_shown_as_it_was_written) {
  EXPECT_EQ(std::get<invocation>(parse({"check", "--config", "[a,b]"})).common.config, "[a,b]");
  EXPECT_THAT(refused({"check", "[a,b]"}).text, testing::HasSubstr("[a,b];"));
}

TEST(command_line, those_that_look_at_the_fleet_take_the_same_filters) {
  const status_selection wanted{{"a", "b"}, "files", true};
  EXPECT_EQ(chosen<status_options>({"status", "a", "--trouble", "--sink", "files", "b"}).selection,
            wanted);
  EXPECT_EQ(chosen<plan_options>({"plan", "a", "b", "--trouble", "--sink", "files"}).selection,
            wanted);
  EXPECT_EQ(chosen<sync_options>({"sync", "a", "b", "--trouble", "--sink", "files"}).selection,
            wanted);
  EXPECT_EQ(chosen<verify_options>({"verify", "a", "b", "--trouble", "--sink", "files"}).selection,
            wanted);
  EXPECT_EQ(chosen<plan_options>({"plan", "--limit", "20"}).limit, 20U);
}

TEST(command_line, status_takes_its_options) {
  EXPECT_EQ(chosen<status_options>({"status", "--limit", "20"}).limit, 20U);
  EXPECT_TRUE(chosen<status_options>({"status", "--quiet"}).quiet);
  EXPECT_TRUE(chosen<status_options>({"status", "--json"}).json);
  EXPECT_TRUE(chosen<status_options>({"status", "--watch"}).watch);
  EXPECT_EQ(chosen<status_options>({"status", "--wait", "2m"}).wait, 2min);
}

TEST(command_line, mistakes_are_usage_errors_of_one_line_that_point_to_help) {
  for (const auto& arguments : std::initializer_list<std::initializer_list<const char*>>{
           {},
           {"rum"},
           {"rotate"},
           {"rotate", "--yes"},
           {"rotate", "a", "--if-older-than"},
           {"rotate", "a", "--if-older-than", "30"},
           {"verify", "--yes"},
           {"run", "extra"},
           {"run", "--nonsense"},
           {"once", "--timeout"},
           {"once", "--timeout", "60"},
           {"once", "--timeout", "-1s"},
           {"once", "--timeout", "0s"},
           {"status", "--json", "--watch"},
           {"status", "--quiet", "--watch"},
           {"status", "--quiet", "--json"},
           {"status", "--limit", "x"},
           {"status", "--limit", "-1"},
           {"run", "--log-level", "loud"},
           {"check", "run"}}) {
    const auto answer = refused(arguments);
    EXPECT_EQ(answer.code, exit_code::usage) << answer.text;
    EXPECT_THAT(answer.text, testing::HasSubstr("tokensyncd --help"));
    EXPECT_EQ(answer.text.find('\n'), std::string::npos) << answer.text;
  }
}

TEST(command_line, help_lists_every_command_with_examples_and_exit_codes) {
  const auto help = refused({"--help"});
  EXPECT_EQ(help.code, exit_code::ok);
  for (const auto* word :
       {"run", "once", "check", "plan", "status", "sync", "event", "reload", "rotate", "verify",
        "--config", "--log-level", "--version", "Examples:", "Exit codes:"}) {
    EXPECT_THAT(help.text, testing::HasSubstr(word));
  }
}

TEST(command_line, help_may_be_asked_for_as_a_command) {
  EXPECT_EQ(refused({"help"}).text, refused({"--help"}).text);
  EXPECT_EQ(refused({"help", "once"}).text, refused({"once", "--help"}).text);
  EXPECT_EQ(refused({"help", "nonsense"}).code, exit_code::ok) << "of the whole";
}

TEST(command_line, takes_the_configuration_from_the_environment_where_no_option_names_one) {
  ::setenv("TOKENSYNCD_CONFIG", "from-environment.yaml", 1);
  const auto without = std::get<invocation>(parse({"check"}));
  const auto with = std::get<invocation>(parse({"check", "-c", "given.yaml"}));
  ::unsetenv("TOKENSYNCD_CONFIG");
  EXPECT_EQ(without.common.config, "from-environment.yaml");
  EXPECT_EQ(with.common.config, "given.yaml");
}

TEST(command_line, a_command_has_help_of_its_own) {
  const auto help = refused({"once", "--help"});
  EXPECT_EQ(help.code, exit_code::ok);
  EXPECT_THAT(help.text, testing::HasSubstr("--timeout"));
  EXPECT_THAT(help.text, testing::Not(testing::HasSubstr("--watch")));
}

TEST(command_line, a_commands_help_names_the_options_of_every_command_once) {
  for (const auto* name :
       {"run", "once", "check", "plan", "status", "sync", "event", "reload", "rotate", "verify"}) {
    const auto help = refused({name, "--help"});
    for (const std::string option : {"--config FILE", "--log-level LEVEL", "--help"}) {
      const auto at = help.text.find(option);
      ASSERT_NE(at, std::string::npos) << help.text;
      EXPECT_EQ(help.text.find(option, at + 1), std::string::npos) << help.text;
    }
  }
}

/// `words`: with the program's name.
std::variant<invocation, early_exit> parse_words(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  for (const auto& each : words) argv.push_back(each.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

/// The lines of examples in a help, up to what a shell or a reader does with them.
std::vector<std::string> examples_in(const std::string& help) {
  std::vector<std::string> found;
  std::istringstream lines{help.substr(help.find("\nExamples:\n"))};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  tokensyncd ")) continue;
    line.erase(0, 2);
    for (const char* const end : {"  ", " |", " >", " &&", " wait"})
      line.erase(std::min(line.find(end), line.size()));
    found.push_back(line);
  }
  return found;
}

TEST(command_line, a_commands_help_has_examples_of_it_that_are_right) {
  for (const std::string name :
       {"run", "once", "check", "plan", "status", "sync", "event", "reload", "rotate", "verify"}) {
    const auto examples = examples_in(refused({name.c_str(), "--help"}).text);
    ASSERT_FALSE(examples.empty()) << name;
    for (const std::string& example : examples) {
      std::istringstream from{example};
      const std::vector<std::string> words{std::istream_iterator<std::string>{from}, {}};
      EXPECT_NO_THROW(std::get<invocation>(parse_words(words))) << example;
    }
    EXPECT_TRUE(std::ranges::any_of(examples, [&](const std::string& example) {
      return example.starts_with("tokensyncd " + name);
    })) << name;
  }
}

TEST(command_line, a_bad_value_is_told_with_the_option_that_it_is_for) {
  EXPECT_THAT(refused({"status", "--wait", "30"}).text, testing::StartsWith("--wait: "));
  EXPECT_THAT(refused({"once", "--timeout", "1"}).text, testing::StartsWith("--timeout: "));
  EXPECT_THAT(refused({"run", "--log-level", "loud"}).text, testing::StartsWith("--log-level: "));
}

TEST(command_line, an_empty_config_is_refused_as_a_shell_variable_that_is_not_set) {
  const auto answer = refused({"--config", "", "check"});
  EXPECT_EQ(answer.code, exit_code::usage);
  EXPECT_THAT(answer.text, testing::StartsWith("--config: the file name is empty"));
}

TEST(command_line, a_duration_of_zero_is_told_to_be_too_short) {
  EXPECT_THAT(refused({"status", "--wait", "0s"}).text, testing::HasSubstr("more than 0"));
}

TEST(command_line, version_names_the_version_and_the_revision) {
  const auto answer = refused({"--version"});
  EXPECT_EQ(answer.code, exit_code::ok);
  EXPECT_THAT(answer.text, testing::MatchesRegex("tokensyncd [0-9.]+ \\(git [0-9a-z-]+\\)\n"));
}

}  // namespace
