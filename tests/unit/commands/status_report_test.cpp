#include "daemon/commands/status/status_report.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/commands/status_sample.hpp"

namespace tokensyncd::commands {
namespace {

TEST(status_report, times_that_pass_by_themselves_are_no_change) {
  const auto before = read_status(two_workspaces);
  ASSERT_TRUE(before.has_value());
  auto later = *before;
  later.workspaces[0].last_success = at_noon;
  later.workspaces[0].next_check = at_noon;
  EXPECT_EQ(essence(later), essence(*before));
  auto other = *before;
  other.workspaces[0].generation = 4;
  EXPECT_NE(essence(other), essence(*before));
  other = *before;
  other.workspaces[1].sinks[0].in_sync = true;
  EXPECT_NE(essence(other), essence(*before));
  other = *before;
  other.workspaces[1].last_error.clear();
  EXPECT_NE(essence(other), essence(*before));
  other = *before;
  other.workspaces[0].sinks[0].hook_pending = true;
  EXPECT_NE(essence(other), essence(*before));
  other = *before;
  other.ready = false;
  EXPECT_NE(essence(other), essence(*before));
}

TEST(status_report, reads_what_the_daemon_answers) {
  const auto report = read_status(two_workspaces);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->version, "0.1.0");
  EXPECT_TRUE(report->ready);
  ASSERT_EQ(report->workspaces.size(), 2U);
  const auto& sales = report->workspaces.front();
  EXPECT_EQ(sales.id, "acme-sales");
  EXPECT_EQ(sales.generation, 3);
  EXPECT_EQ(sales.next_check, parse_rfc3339("2026-11-23T12:00:48Z"));
  ASSERT_EQ(sales.sinks.size(), 1U);
  EXPECT_EQ(report->details.size(), 2U);
  EXPECT_EQ(report->workspaces.back().failing_since, parse_rfc3339("2026-11-23T11:58:00Z"));
  EXPECT_EQ(report->workspaces.back().sinks.front().out_of_sync_since,
            parse_rfc3339("2026-11-23T11:30:00Z"));
  EXPECT_EQ(sales.sinks.front().name, "files");
  EXPECT_TRUE(sales.sinks.front().in_sync);
}

TEST(status_report, refuses_what_isnt_a_status) {
  for (const auto* text : {"", "[]", "{}", "not json", R"({"version":1,"ready":true})",
                           R"({"version":"1","ready":true,"workspaces":[{"id":"a"}]})"}) {
    const auto report = read_status(text);
    ASSERT_TRUE(report.has_error()) << text;
    EXPECT_EQ(report.error().kind, failure_kind::malformed);
  }
}

}  // namespace
}  // namespace tokensyncd::commands
