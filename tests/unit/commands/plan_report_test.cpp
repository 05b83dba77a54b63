#include "daemon/commands/plan/plan_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace tokensyncd;
using namespace tokensyncd::commands;
using namespace tokensyncd::control;
using action = sync::planned::action;

fingerprint print(std::uint8_t first) {
  fingerprint made;
  made.bytes.front() = first;
  return made;
}

std::vector<sync::planned> every_kind() {
  return {{"a", "files", action::none, print(1), print(1), ""},
          {"b", "files", action::write, print(1), print(2), ""},
          {"c", "files", action::repair, print(3), print(3), ""},
          {"d", "files", action::not_seen_yet, {}, {}, ""},
          {"e", "files", action::unknown, print(4), {}, "the API does not answer"}};
}

TEST(plan_report, survives_the_way_over_the_control_socket) {
  const auto lines = plan_lines(every_kind());
  const auto back = read_plan(write_plan(lines) + "\n");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(render_plan(*back), render_plan(lines));
}

TEST(plan_report, refuses_what_isnt_a_plan) {
  for (const auto* text : {"", "[]", "{}", R"({"plan":[{}]})", R"({"plan":[{"workspace":1}]})"}) {
    EXPECT_TRUE(read_plan(text).has_error()) << text;
  }
}

TEST(plan_report, the_table_shows_what_would_change_by_fingerprint_the_worst_first) {
  EXPECT_EQ(render_plan(plan_lines(every_kind())),
            "1 of 5 deliveries in sync\n\n"
            "WORKSPACE  SINK   THERE         WANTED        ACTION\n"
            "e          files  040000000000  -             unknown: the API does not answer\n"
            "b          files  010000000000  020000000000  write\n"
            "c          files  changed       030000000000  repair\n"
            "d          files  -             -             not seen yet\n");
}

TEST(plan_report, says_what_keeps_the_daemon_from_a_write) {
  auto lines = plan_lines(every_kind());
  lines[1].why = "directory /srv is missing";
  EXPECT_NE(render_plan(lines).find("write, but directory /srv is missing\n"), std::string::npos);
}

TEST(plan_report, with_everything_in_sync_there_is_no_table) {
  EXPECT_EQ(render_plan(plan_lines({every_kind().front()})), "1 of 1 deliveries in sync\n");
}

TEST(plan_report, trouble_weighs_more_than_changes) {
  auto all = every_kind();
  EXPECT_EQ(exit_code_of(plan_lines(all)), exit_code::no);
  all.pop_back();
  EXPECT_EQ(exit_code_of(plan_lines(all)), exit_code::changes);
  all.resize(1);
  EXPECT_EQ(exit_code_of(plan_lines(all)), exit_code::ok);
}

TEST(plan_report, a_workspace_not_seen_yet_is_a_change) {
  EXPECT_EQ(exit_code_of(plan_lines({every_kind()[3]})), exit_code::changes);
}

}  // namespace
