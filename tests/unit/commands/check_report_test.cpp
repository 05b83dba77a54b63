#include "daemon/commands/check/check_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::commands {
namespace {

using testing::ElementsAre;

TEST(check_report, asks_for_every_workspace_that_a_minute_has_room_for) {
  EXPECT_THAT(choose_workspaces(3, 20), ElementsAre(0, 1, 2));
  EXPECT_EQ(choose_workspaces(1200, 20).size(), 1200U);
  EXPECT_EQ(choose_workspaces(100'000, 0).size(), 100'000U);
  EXPECT_TRUE(choose_workspaces(0, 20).empty());
}

TEST(check_report, asks_for_some_of_a_larger_fleet_with_even_gaps) {
  const auto chosen = choose_workspaces(12'000, 20);
  ASSERT_EQ(chosen.size(), 1200U);
  EXPECT_EQ(chosen[1], 10U);
  EXPECT_EQ(chosen.back(), 11'990U);
  EXPECT_THAT(choose_workspaces(1000, 0.001), ElementsAre(0));
}

TEST(check_report, sums_up_what_there_is_and_nothing_else) {
  EXPECT_EQ(summary_of(api_answers{3, 3, 0, 0, 0, {}}),
            "3 of 3 workspaces exist and belong to this partner");
  EXPECT_EQ(
      summary_of(api_answers{10, 3, 1, 2, 1, {}}),
      "3 of 10 workspaces exist and belong to this partner, 1 not found, 2 not this partner's, "
      "1 failed, 3 not checked");
}

TEST(check_report, tells_how_many_workspaces_a_finding_concerns_and_how_many_more_there_are) {
  const check_findings findings{{"a", "one.", 0}, {"b", "two.", 300}, {"c", "three.", 1}};
  EXPECT_EQ(render_findings(findings, 2),
            "tokensyncd: a: one.\n"
            "tokensyncd: b: two. (concerns 300 workspaces)\n"
            "tokensyncd: and 1 more like these\n");
}

TEST(a_check, sums_up_what_it_found) {
  EXPECT_EQ(summary_of(check_result{2, 1, {}, {}, {}}),
            "no problem found for this user: 2 workspaces, 1 sink");
  EXPECT_EQ(summary_of(check_result{1, 2, {{"a", "b"}}, {{"c", "d"}}, {"warning"}}),
            "1 workspace, 2 sinks: 2 problems, 1 warning");
  EXPECT_EQ(summary_of(check_result{1, 1, {{"a", "b"}}, {}, {}}), "1 workspace, 1 sink: 1 problem");
}

TEST(a_check, warns_of_a_clock_that_is_more_than_ten_seconds_off) {
  using std::chrono::seconds;
  EXPECT_EQ(clock_warning(seconds{10}), "");
  EXPECT_EQ(clock_warning(seconds{-10}), "");
  EXPECT_THAT(clock_warning(seconds{11}), testing::HasSubstr("11 s ahead of the Partner API's"));
  EXPECT_THAT(clock_warning(seconds{-75}), testing::HasSubstr("75 s behind the Partner API's"));
}

}  // namespace
}  // namespace tokensyncd::commands
