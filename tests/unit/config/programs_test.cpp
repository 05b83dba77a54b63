// Exec sinks and hooks: what is read, and what is refused at which place.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/print/effective.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct programs : testing::Test {
  programs() { folder.write("partner-secret", "s3cret\n"); }

  loaded load(const std::string& sink, const std::string& labels = "{customer: x}") const {
    return folder.load(
        "version: 1\npartner: {id: p, secret_file: partner-secret}\n"
        "workspaces: [{id: a, labels: " +
        labels + "}]\nsinks: {s: {" + sink + "}}\n");
  }
  std::string errors(const std::string& sink) const {
    return config_folder::listed(load(sink).errors);
  }

  config_folder folder;
};

TEST_F(programs, an_exec_sink_is_read_whole_and_printed_so_that_it_can_be_read_again) {
  const std::string text =
      "type: exec, command: [/bin/take, '{workspace}', a, a, 'for {label.customer}'], input: json, "
      "timeout: 5s, inspect: [/bin/look], inspect_interval: 10m, required: false, "
      "on_change: {command: [systemctl, reload, app], timeout: 1m, debounce: 0s}";
  const auto outcome = load(text);
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  const sink& made = outcome.value->sinks.at(0);
  const auto& exec = std::get<exec_sink_settings>(made.kind);
  EXPECT_THAT(exec.command,
              ElementsAre("/bin/take", "{workspace}", "a", "a", "for {label.customer}"));
  EXPECT_EQ(exec.input, exec_input::json);
  EXPECT_EQ(exec.timeout, 5s);
  EXPECT_THAT(exec.inspect, ElementsAre("/bin/look"));
  EXPECT_EQ(exec.inspect_interval, 10min);
  EXPECT_FALSE(made.required);
  ASSERT_TRUE(made.on_change);
  EXPECT_THAT(made.on_change->command, ElementsAre("systemctl", "reload", "app"));
  EXPECT_EQ(made.on_change->timeout, 1min);
  EXPECT_EQ(made.on_change->debounce, 0s);

  const auto again = folder.load(effective_yaml(*outcome.value, 10));
  ASSERT_TRUE(again.value) << config_folder::listed(again.errors);
  EXPECT_EQ(std::get<exec_sink_settings>(again.value->sinks.at(0).kind), exec);
  EXPECT_EQ(again.value->sinks.at(0).on_change, made.on_change);
}

TEST_F(programs, what_is_left_out_has_its_default) {
  const auto outcome = load("type: exec, command: [/x], on_change: {command: [y]}");
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  const auto& exec = std::get<exec_sink_settings>(outcome.value->sinks.at(0).kind);
  EXPECT_EQ(exec.input, exec_input::raw);
  EXPECT_EQ(exec.timeout, 30s);
  EXPECT_EQ(outcome.value->sinks.at(0).on_change->timeout, 30s);
  EXPECT_EQ(outcome.value->sinks.at(0).on_change->debounce, 2s);
}

TEST_F(programs, the_token_is_refused_in_a_command) {
  EXPECT_THAT(errors("type: exec, command: [/x, '--token={token}']"),
              HasSubstr("`sinks.s.command` must not contain {token}"));
  EXPECT_THAT(errors("type: exec, command: [/x], inspect: [/y, '{token|json}']"),
              HasSubstr("`sinks.s.inspect` must not contain {token}"));
}

TEST_F(programs, a_command_that_is_none_is_refused_where_it_stands) {
  EXPECT_THAT(errors("type: exec"), HasSubstr("`sinks.s.command` is missing"));
  EXPECT_THAT(errors("type: exec, command: /x"), HasSubstr("must be a list"));
  EXPECT_THAT(errors("type: exec, command: []"), HasSubstr("is empty"));
  EXPECT_THAT(errors("type: exec, command: [x]"), HasSubstr("absolute path"));
  EXPECT_THAT(errors("type: exec, command: ['/x/{workspace}']"), HasSubstr("absolute path"));
  EXPECT_THAT(errors("type: exec, command: [/x, '{nothing}']"),
              HasSubstr("an argument with an error at byte 1,"));
  EXPECT_THAT(errors("type: exec, command: [/x, '{generation}']"), HasSubstr("at byte"));
  EXPECT_THAT(errors("type: exec, command: [/x, 1]"), HasSubstr("put it in quotes"));
  EXPECT_THAT(errors("type: exec, command: [/x, [a]]"), HasSubstr("must be text"));
  EXPECT_THAT(errors("type: exec, command: [/x, \"a\\0b\"]"), HasSubstr("control character"));
  EXPECT_THAT(errors("type: exec, command: [/x], timeout: 2h"), HasSubstr("from 1s to 1h"));
  EXPECT_THAT(errors("type: exec, command: [/x], on_remove: delete"),
              HasSubstr("cannot be `delete` for an exec sink"));
  EXPECT_THAT(errors("type: exec, command: [/x], inspect_interval: 1h"),
              HasSubstr("needs `inspect`"));
  EXPECT_THAT(errors("type: exec, command: [/x], path: /y"), HasSubstr("path"));
}

TEST_F(programs, a_hook_that_is_none_is_refused_where_it_stands) {
  const auto with = [this](const std::string& hook) {
    return errors("type: file, path: /tmp/x, on_change: " + hook);
  };
  EXPECT_THAT(with("reload"), HasSubstr("on_change"));
  EXPECT_THAT(with("{}"), HasSubstr("`sinks.s.on_change.command` is missing"));
  EXPECT_THAT(with("{command: reload app}"), HasSubstr("must be a list"));
  EXPECT_THAT(with("{command: [bin/reload]}"),
              HasSubstr("absolute path, or with a name without a slash"));
  EXPECT_THAT(with("{command: [x], debounce: -1s}"), HasSubstr("debounce"));
  EXPECT_THAT(with("{command: [x], shell: true}"), HasSubstr("shell"));
}

TEST_F(programs, a_placeholder_in_a_hook_that_means_nothing_there_is_refused_where_it_stands) {
  const auto with = [this](const std::string& argument) {
    return errors("type: file, path: /tmp/x, on_change: {command: [x, '" + argument + "']}");
  };
  EXPECT_THAT(with("{token}"),
              HasSubstr("an argument with an error at byte 1, an unknown placeholder"));
  EXPECT_THAT(with("a {generation}"), HasSubstr("an argument with an error at byte 3,"));
  EXPECT_THAT(with("{worksapce}"), HasSubstr("{workspace} and {label.NAME}"));
  EXPECT_THAT(errors("type: file, path: /tmp/x, on_change: {command: ['/x/{workspace}']}"),
              HasSubstr("must name one program, without placeholders"));
  EXPECT_EQ(with("{workspace} f() { echo; }"), "");
}

TEST_F(programs, a_hook_that_reloads_what_has_its_environment_from_a_file_is_warned_of) {
  const auto warnings = [this](const std::string& format, const std::string& command) {
    const auto outcome = load("type: file, path: '/tmp/{workspace}', format: " + format +
                              ", on_change: {command: " + command + "}");
    EXPECT_EQ(config_folder::listed(outcome.errors), "");
    return config_folder::listed(outcome.warnings);
  };
  for (const char* command :
       {"[systemctl, reload, app]", "[systemctl, try-reload-or-restart, app]",
        "[/bin/sh, -c, 'x; systemctl reload a;']", "[pkill, -HUP, app]",
        "[systemctl, kill, '--signal=SIGHUP', app]", "[docker, kill, -s, HUP, app]"}) {
    EXPECT_THAT(warnings("env", command), HasSubstr("needs a restart to get a new token"))
        << command;
    EXPECT_EQ(warnings("raw", command), "") << command;
  }
  for (const char* command : {"[systemctl, restart, app]", "[systemctl, try-restart, reloader]"})
    EXPECT_EQ(warnings("env", command), "") << command;
}

TEST_F(programs, a_placeholder_where_none_is_known_is_refused) {
  EXPECT_THAT(
      errors("type: file, path: /tmp/x, group: '{label.group}'"),
      HasSubstr("`sinks.s.group` holds {label.group}, but placeholders are not allowed here"));
  EXPECT_THAT(errors("type: vault, addresses: ['https://v'], path: x, mount: '{workspace}', "
                     "auth: {method: token, token_file: /dev/null}"),
              HasSubstr("`sinks.s.mount` holds {workspace}"));
  const auto labelled = load("type: file, path: '/tmp/{label.a}'", "{a: '{workspace}'}");
  EXPECT_THAT(config_folder::listed(labelled.errors), HasSubstr("labels.a` holds {workspace}"));
}

TEST_F(programs, a_workspace_without_a_label_that_a_command_needs_is_refused) {
  for (const char* sink :
       {"type: exec, command: [/x, '{label.customer}']",
        "type: file, path: /tmp/x, on_change: {command: [x, '{label.customer}']}"}) {
    const auto outcome = load(sink, "{}");
    EXPECT_THAT(config_folder::listed(outcome.errors), HasSubstr("lacks the label `customer`"));
  }
}

}  // namespace
}  // namespace tokensyncd::config
