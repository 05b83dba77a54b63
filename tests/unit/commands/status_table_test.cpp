#include "daemon/commands/status/status_table.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/commands/status_sample.hpp"

namespace tokensyncd::commands {
namespace {

TEST(status_table, says_when_events_came_where_they_are_listened_for) {
  std::string text = two_workspaces;
  EXPECT_EQ(render_head(*read_status(text), at_noon).find("event"), std::string::npos);
  const std::string head = R"("ready": true,)";
  const auto with = [&](const std::string& webhook) {
    std::string whole = two_workspaces;
    whole.replace(whole.find(head), head.size(), head + R"("webhook": )" + webhook + ",");
    return render_head(*read_status(whole), at_noon);
  };
  EXPECT_EQ(with("null").find("event"), std::string::npos);
  EXPECT_NE(with(R"({"last_events": {"api_token:rotated": null, "other": null}})")
                .find("last events: none since start\n"),
            std::string::npos);
  EXPECT_NE(with(R"({"last_events": {"api_token:rotated": "2026-11-23T11:00:00Z", "x": null,)"
                 R"("other": "2026-11-23T11:59:30Z"}})")
                .find("last events: api_token:rotated 60m ago, other 30s ago\n"),
            std::string::npos);
}

TEST(status_table, shows_the_next_rotation_by_policy) {
  status_report report;
  EXPECT_EQ(render_head(report, at_noon).find("rotation"), std::string::npos);
  report.policy = {"acme", at_noon, "the Partner API fails"};
  EXPECT_THAT(render_head(report, at_noon),
              testing::HasSubstr("\nnext rotation by policy: acme waits: the Partner API fails\n"));
  report.policy = {"acme", at_noon + std::chrono::hours{3}, ""};
  EXPECT_THAT(render_head(report, at_noon),
              testing::HasSubstr("\nnext rotation by policy: acme in 3h ("));
  report.policy = {"", {}, ""};
  EXPECT_EQ(render_head(report, at_noon).find("rotation"), std::string::npos);
}

TEST(status_table, shows_the_latest_rotations_with_what_each_step_took) {
  auto report = *read_status(two_workspaces);
  EXPECT_EQ(render_rotations(report),
            "\n"
            "Latest rotations\n"
            "WANTED                    WORKSPACE   GENERATION  TRIGGER  ASKED    FETCHED  STORED   "
            "SINK   DELIVERED  HOOK DONE\n"
            "2026-11-23T11:00:00.100Z  acme-sales  3           webhook  +0.4 ms  +2.0 ms  +2.1 ms  "
            "files  +4.0 ms    +154.0 ms\n"
            "2026-11-23T11:00:00.100Z  acme-sales  3           webhook  +0.4 ms  +2.0 ms  +2.1 ms  "
            "vault  +6.0 ms    -\n"
            "2026-11-22T11:00:00Z      acme-sales  2           poll     +0.0 ms  +0.0 ms  +0.0 ms  "
            "-      -          -\n");
  auto& busy = report.workspaces[1];
  for (int hour = 0; hour < 20; ++hour) {
    busy.rotations.push_back({hour, "poll", at_noon - std::chrono::hours{hour}});
  }
  const auto latest = render_rotations(report);
  EXPECT_EQ(std::ranges::count(latest, '\n'), 3 + 10 + 1) << "ten, one of which is in two sinks";
  EXPECT_LT(latest.find("acme-support"), latest.find("acme-sales"));
  report.workspaces.clear();
  EXPECT_EQ(render_rotations(report), "");
}

TEST(status_table, the_head_has_the_headline_and_each_trouble_in_a_line) {
  auto report = *read_status(two_workspaces);
  EXPECT_EQ(render_head(report, at_noon),
            "API unreachable since 11:58 UTC\n"
            "ready, host-1, tokensyncd 0.1.0\n"
            "- Partner API: it refused\n"
            "- more\n");
  report.ready = false;
  EXPECT_THAT(render_head(report, at_noon), testing::HasSubstr("\nNOT ready, host-1"));
}

TEST(status_table, has_the_worst_first_and_since_when) {
  const auto report = *read_status(two_workspaces);
  EXPECT_EQ(render_rows(select(report, {}), 0, at_noon),
            "WORKSPACE     STATE  GENERATION  FINGERPRINT   ROTATED               CHECKED  NEXT   "
            " SINK   IN SYNC  SINCE                           TROUBLE\n"
            "acme-support  never  0           -             -                     never    -      "
            " files  no       2026-11-23T11:30:00Z (30m ago)  the Partner API refused the "
            "connection\n"
            "acme-sales    ok     3           0123456789ab  2026-11-23T11:00:00Z  12s ago  in 48s "
            " files  yes      -\n");
  EXPECT_EQ(render_narrow_rows(select(report, {}), 1, at_noon),
            "WORKSPACE     STATE  SINK   IN SYNC  SINCE    TROUBLE\n"
            "acme-support  never  files  no       30m ago  the Partner API refused the connection\n"
            "and 1 more\n");
  EXPECT_EQ(render_rows({}, 0, at_noon), "nothing to show\n");
}

TEST(status_table, one_that_is_gone_or_denied_isnt_called_in_sync) {
  for (const auto* state : {"gone", "denied"}) {
    auto report = *read_status(with_state(state));
    report.workspaces[1].sinks[0].in_sync = true;
    EXPECT_THAT(render_narrow_rows(select(report, {.workspaces = {"acme-support"}}), 0, at_noon),
                testing::ContainsRegex("files +- "))
        << state;
  }
}

}  // namespace
}  // namespace tokensyncd::commands
