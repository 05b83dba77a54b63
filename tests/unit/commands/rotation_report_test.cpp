#include "daemon/commands/rotate/rotation_report.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::commands {
namespace {

using namespace control;

using testing::HasSubstr;
using testing::Not;

sync::rotation_report rotated() {
  sync::rotation_report report;
  report.workspace = "acme";
  report.how = sync::rotation_end::rotated;
  report.confirmed = true;
  report.now.generation = 7;
  report.now.token.bytes[0] = 0xab;
  report.now.rotated_at = parse_rfc3339("2026-11-25T08:12:31Z");
  report.sinks = {{"files", true, ""}, {"vault", true, ""}};
  return report;
}

TEST(rotation_report, comes_back_from_json_as_it_was) {
  auto report = rotated();
  report.answer_lost = true;
  report.why = "a \"sentence\"";
  report.sinks[1] = {"vault", false, "it is sealed"};
  const auto line = rotation_line_of(report);
  const auto back = read_rotation(write_rotation(line));
  ASSERT_TRUE(back);
  EXPECT_EQ(write_rotation(*back), write_rotation(line));
  EXPECT_EQ(back->outcome, "rotated");
  EXPECT_EQ(back->generation, 7);
  EXPECT_EQ(back->rotated_at, "2026-11-25T08:12:31Z");
  EXPECT_FALSE(back->done);
  EXPECT_EQ(back->sinks[1].last_error, "it is sealed");
}

TEST(rotation_report, what_is_not_one_is_malformed) {
  for (const auto* text : {"", "{}", "[]", R"({"workspace":"a","outcome":7})"}) {
    const auto got = read_rotation(text);
    ASSERT_FALSE(got) << text;
    EXPECT_THAT(got.error().sentence, HasSubstr("status"));
  }
}

TEST(rotation_report, says_what_is_where) {
  EXPECT_EQ(render_rotation(rotation_line_of(rotated())),
            "acme: rotated to generation 7 (ab0000000000), delivered to 2 of 2 sinks, "
            "confirmed\n");
  auto late = rotated();
  late.confirmed = false;
  late.sinks[1] = {"vault", false, "it is sealed"};
  const auto text = render_rotation(rotation_line_of(late));
  EXPECT_THAT(text, HasSubstr("1 of 2 sinks\n"));
  EXPECT_THAT(text, HasSubstr("  vault: not yet, it is sealed\n"));
}

TEST(rotation_report, tells_a_lost_answer_from_a_refusal) {
  auto report = rotated();
  report.how = sync::rotation_end::unknown;
  EXPECT_THAT(render_rotation(rotation_line_of(report)),
              HasSubstr("may have been rotated; the next check shows it"));
  report.how = sync::rotation_end::refused;
  EXPECT_THAT(render_rotation(rotation_line_of(report)), HasSubstr("not rotated"));
  report.how = sync::rotation_end::young;
  EXPECT_THAT(render_rotation(rotation_line_of(report)),
              HasSubstr("not rotated, because it is younger than --if-older-than"));
}

TEST(rotation_report, lets_nothing_reach_the_terminal_as_a_command) {
  auto report = rotated();
  report.workspace = "a\x1b[2J";
  report.sinks[0] = {"files", false, "x\ny"};
  const auto line = rotation_line_of(report);
  EXPECT_THAT(render_rotation(line), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_rotation(line), HasSubstr("x\\ny"));
}

TEST(rotation_report, names_the_destinations_that_would_not_take_it) {
  sync::rotation_report report;
  report.workspace = "acme";
  report.how = sync::rotation_end::obstructed;
  report.sinks = {{"vault", true, "it is\nsealed"}};
  const auto line = rotation_line_of(report);
  EXPECT_EQ(render_rotation(line),
            "acme: not rotated\n  vault: not ready for a new token: it is\\nsealed\n");
  EXPECT_FALSE(line.done);
  EXPECT_EQ(next_step(line, rotated_by::daemon), "");
}

TEST(rotation_report, says_who_goes_on_or_what_to_do) {
  auto report = rotated();
  EXPECT_EQ(next_step(rotation_line_of(report), rotated_by::command), "");
  report.sinks[1] = {"vault", false, "it is sealed"};
  EXPECT_THAT(next_step(rotation_line_of(report), rotated_by::daemon),
              HasSubstr("the daemon retries"));
  EXPECT_THAT(next_step(rotation_line_of(report), rotated_by::command),
              HasSubstr("`tokensyncd once acme`"));
  report.how = sync::rotation_end::unknown;
  EXPECT_EQ(next_step(rotation_line_of(report), rotated_by::daemon), "");
  EXPECT_THAT(next_step(rotation_line_of(report), rotated_by::command),
              HasSubstr("run `tokensyncd once acme`"));
}

TEST(rotation_report, others_are_left_where_the_next_token_might_be_lost_too) {
  auto report = rotated();
  EXPECT_TRUE(may_go_on(rotation_line_of(report)));
  report.how = sync::rotation_end::refused;
  EXPECT_TRUE(may_go_on(rotation_line_of(report)));
  report.how = sync::rotation_end::obstructed;
  EXPECT_TRUE(may_go_on(rotation_line_of(report)));
  report.how = sync::rotation_end::unknown;
  EXPECT_FALSE(may_go_on(rotation_line_of(report)));
  report.how = sync::rotation_end::not_asked;
  EXPECT_FALSE(may_go_on(rotation_line_of(report)));
  report = rotated();
  report.sinks[0].in_sync = false;
  EXPECT_FALSE(may_go_on(rotation_line_of(report)));
}

TEST(rotation_report, without_a_place_it_is_not_done) {
  auto report = rotated();
  report.sinks.clear();
  EXPECT_FALSE(sync::is_done(report));
}

}  // namespace
}  // namespace tokensyncd::commands
