#include "daemon/commands/status/status_report.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace tokensyncd;
using namespace tokensyncd::commands;

constexpr auto two_workspaces = R"({
  "version": "0.1.0", "started_at": "2026-11-23T10:00:00Z", "ready": true,
  "summary": "1 of 2 in sync, API down", "workspaces": [
    {"id": "acme-sales", "state": "ok", "generation": 3, "fingerprint": "0123456789ab",
     "rotated_at": "2026-11-23T11:00:00Z", "last_attempt": "2026-11-23T11:59:48Z",
     "last_success": "2026-11-23T11:59:48Z", "next_check": "2026-11-23T12:00:48Z",
     "last_error": null,
     "sinks": {"files": {"type": "file", "in_sync": true, "generation": 3,
               "last_success": "2026-11-23T11:00:01Z", "last_error": null,
               "consecutive_failures": 0, "hook_pending": false, "hook_error": null}},
     "rotations": [
       {"generation": 3, "trigger": "webhook", "rotated_at": null,
        "due_at": "2026-11-23T11:00:00.100Z", "asked_at": "2026-11-23T11:00:00.1004Z",
        "answered_at": "2026-11-23T11:00:00.102Z", "stored_at": "2026-11-23T11:00:00.1021Z",
        "sinks": {"files": {"delivered_at": "2026-11-23T11:00:00.104Z",
                            "hook_done_at": "2026-11-23T11:00:00.254Z"},
                  "vault": {"delivered_at": "2026-11-23T11:00:00.106Z", "hook_done_at": null}}},
       {"generation": 2, "trigger": "poll", "rotated_at": null,
        "due_at": "2026-11-22T11:00:00Z", "asked_at": "2026-11-22T11:00:00Z",
        "answered_at": "2026-11-22T11:00:00Z", "stored_at": "2026-11-22T11:00:00Z",
        "sinks": {}}]},
    {"id": "acme-support", "state": "never", "generation": 0, "fingerprint": null,
     "rotated_at": null, "last_attempt": null, "last_success": null, "next_check": null,
     "last_error": "the Partner API refused the connection",
     "sinks": {"files": {"type": "file", "in_sync": false, "generation": 0,
               "last_success": null, "last_error": null,
               "consecutive_failures": 0, "hook_pending": false, "hook_error": null}}, "rotations": []}]})";

const auto noon = *parse_rfc3339("2026-11-23T12:00:00Z");

std::string with_state(const char* state) {
  std::string text = two_workspaces;
  const std::string never = R"("never")";
  return text.replace(text.find(never), never.size(), std::string{"\""} + state + "\"");
}

TEST(status_report, says_when_events_came_where_they_are_listened_for) {
  std::string text = two_workspaces;
  EXPECT_EQ(render_status(*read_status(text), noon).find("event"), std::string::npos);
  const std::string head = R"("ready": true,)";
  const auto with = [&](const std::string& webhook) {
    std::string whole = two_workspaces;
    whole.replace(whole.find(head), head.size(), head + R"("webhook": )" + webhook + ",");
    return render_status(*read_status(whole), noon);
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

TEST(status_report, shows_a_hook_that_is_pending) {
  std::string text = two_workspaces;
  const std::string done = R"("hook_pending": false)";
  EXPECT_EQ(render_status(*read_status(text), noon).find("its hook is pending"), std::string::npos);
  text.replace(text.find(done), done.size(), R"("hook_pending": true)");
  EXPECT_NE(render_status(*read_status(text), noon).find("its hook is pending"), std::string::npos);
  const std::string fine = R"("hook_error": null)";
  text.replace(text.find(fine), fine.size(), R"("hook_error": "it hangs")");
  EXPECT_NE(render_status(*read_status(text), noon).find("its hook is pending: it hangs"),
            std::string::npos);
}

TEST(status_report, shows_the_latest_rotations_with_what_each_step_took) {
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
    busy.rotations.push_back({hour, "poll", noon - std::chrono::hours{hour}});
  }
  const auto latest = render_rotations(report);
  EXPECT_EQ(std::ranges::count(latest, '\n'), 3 + 10 + 1) << "ten, one of which is in two sinks";
  EXPECT_LT(latest.find("acme-support"), latest.find("acme-sales"));
  report.workspaces.clear();
  EXPECT_EQ(render_rotations(report), "");
}

TEST(status_report, times_that_pass_by_themselves_are_no_change) {
  const auto before = read_status(two_workspaces);
  ASSERT_TRUE(before.has_value());
  auto later = *before;
  later.workspaces[0].last_success = noon;
  later.workspaces[0].next_check = noon;
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

TEST(status_report, all_are_in_sync_when_no_pair_is_missing) {
  EXPECT_FALSE(all_in_sync(*read_status(two_workspaces)));
  EXPECT_TRUE(all_in_sync(status_report{}));
}

TEST(status_report, a_workspace_that_is_gone_doesnt_count) {
  EXPECT_TRUE(all_in_sync(*read_status(with_state("gone"))));
  EXPECT_FALSE(all_in_sync(*read_status(with_state("denied"))));
}

TEST(status_report, nothing_is_well_where_every_workspace_of_several_is_gone_or_denied) {
  status_report report;
  report.workspaces.resize(2);
  for (const auto* state : {"gone", "denied"}) {
    for (auto& each : report.workspaces) each.state = state;
    EXPECT_FALSE(all_in_sync(report)) << state;
    report.workspaces.back().state = "ok";
    EXPECT_TRUE(all_in_sync(report)) << state;
  }
}

TEST(status_report, the_table_shows_a_line_a_pair_under_a_summary) {
  EXPECT_EQ(render_status(*read_status(two_workspaces), noon),
            "2 workspaces, 1 of 2 in sync, API down, ready\n"
            "\n"
            "WORKSPACE     STATE  GENERATION  FINGERPRINT   ROTATED               CHECKED  NEXT   "
            " SINK   IN SYNC  TROUBLE\n"
            "acme-sales    ok     3           0123456789ab  2026-11-23T11:00:00Z  12s ago  in 48s "
            " files  yes\n"
            "acme-support  never  0           -             -                     never    -      "
            " files  no       the Partner API refused the connection\n");
}

}  // namespace
