#include "daemon/commands/status/status_selection.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/commands/status_sample.hpp"

namespace tokensyncd::commands {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A workspace that is in sync in `files` and `vault`.
reported_workspace well(std::string id) {
  reported_workspace made;
  made.id = std::move(id);
  made.state = "ok";
  made.sinks.resize(2);
  made.sinks[0].name = "files";
  made.sinks[1].name = "vault";
  for (auto& sink : made.sinks) sink.in_sync = true;
  return made;
}

std::vector<std::string> shown(const status_report& report, const status_selection& wanted) {
  std::vector<std::string> rows;
  for (const auto& row : select(report, wanted))
    rows.push_back(row.workspace->id + "/" + row.sink->name);
  return rows;
}

/// One of each kind of trouble, in the order of their ids.
status_report one_of_each() {
  status_report report;
  for (const char* id : {"a-well", "b-disputed", "c-stale", "d-gone", "e-denied", "f-hook",
                         "g-waits", "h-fails", "i-fails-longer"}) {
    report.workspaces.push_back(well(id));
    report.workspaces.back().sinks.pop_back();
  }
  auto& all = report.workspaces;
  all[1].state = "disputed";
  all[2].state = "stale";
  all[3].state = "gone";
  all[4].state = "denied";
  all[5].sinks[0].hook_error = "it ended with exit code 3";
  for (const std::size_t i : {6U, 7U, 8U}) all[i].sinks[0].in_sync = false;
  all[7].sinks[0].last_error = all[8].sinks[0].last_error = "the disk is full";
  all[7].sinks[0].failing_since = parse_rfc3339("2026-11-23T11:30:00Z");
  all[8].sinks[0].failing_since = parse_rfc3339("2026-11-23T11:29:00Z");
  return report;
}

TEST(status_selection, counts_a_token_that_is_refused_as_trouble) {
  status_report report;
  report.workspaces = {well("acme"), well("bolt")};
  report.workspaces[1].last_error = "the Public API refuses the token";
  report.workspaces[1].failing_since = parse_rfc3339("2026-11-23T11:30:00Z");
  status_selection trouble;
  trouble.trouble = true;
  const auto rows = select(report, trouble);
  ASSERT_EQ(rows.size(), 2U) << "in each of its sinks";
  EXPECT_EQ(rows[0].rank, severity::token_refused);
  EXPECT_EQ(rows[0].trouble, "the Public API refuses the token");
  EXPECT_EQ(rows[0].since, parse_rfc3339("2026-11-23T11:30:00Z"));
  EXPECT_TRUE(all_in_sync(report, {})) << "it is where it should be";
}

TEST(status_selection, counts_a_rotation_in_doubt_as_trouble_and_says_why_it_is) {
  status_report report;
  report.workspaces = {well("acme")};
  report.workspaces[0].rotation_unconfirmed = true;
  report.workspaces[0].last_error = "the Partner API did not answer";
  const auto rows = select(report, {});
  EXPECT_EQ(rows[0].rank, severity::unconfirmed);
  EXPECT_EQ(rows[0].trouble,
            "a rotation was asked for, and its result is not known yet: the Partner API did not "
            "answer");
}

TEST(status_selection, has_the_worst_first_and_the_oldest_of_the_same) {
  EXPECT_THAT(shown(one_of_each(), {}),
              ElementsAre("i-fails-longer/files", "h-fails/files", "g-waits/files", "f-hook/files",
                          "e-denied/files", "d-gone/files", "c-stale/files", "b-disputed/files",
                          "a-well/files"));
}

TEST(status_selection, of_trouble_leaves_out_what_is_well) {
  auto report = one_of_each();
  EXPECT_EQ(shown(report, {.trouble = true}).size(), 8U);
  report.workspaces.resize(1);
  EXPECT_THAT(shown(report, {.trouble = true}), IsEmpty());
  report.workspaces[0].sinks[0].hook_pending = true;
  EXPECT_THAT(shown(report, {.trouble = true}), IsEmpty()) << "a hook that is to run is no trouble";
}

TEST(status_selection, shows_a_hook_that_is_pending_and_why_it_fails) {
  status_report report;
  report.workspaces.push_back(well("a"));
  auto& sink = report.workspaces[0].sinks[0];
  const auto trouble = [&] { return select(report, {.sink = "files"})[0].trouble; };
  EXPECT_EQ(trouble(), "");
  sink.hook_pending = true;
  EXPECT_EQ(trouble(), "its hook is pending");
  sink.hook_error = "it hangs";
  sink.hook_failing_since = parse_rfc3339("2026-11-23T11:30:00Z");
  EXPECT_EQ(trouble(), "its hook fails: it hangs");
  EXPECT_EQ(select(report, {.sink = "files"})[0].since, sink.hook_failing_since);
}

TEST(status_selection, is_of_workspaces_and_of_a_sink) {
  status_report report;
  for (const char* id : {"a", "b", "c"}) report.workspaces.push_back(well(id));
  EXPECT_THAT(shown(report, {.workspaces = {"c", "a"}, .sink = "vault"}),
              ElementsAre("a/vault", "c/vault"));
}

TEST(status_selection, names_what_is_unknown) {
  status_report report;
  report.workspaces.push_back(well("a"));
  EXPECT_EQ(first_unknown(report, {}), "");
  EXPECT_EQ(first_unknown(report, {.workspaces = {"a"}, .sink = "vault"}), "");
  EXPECT_EQ(first_unknown(report, {.workspaces = {"a", "b"}}), "workspace b");
  EXPECT_EQ(first_unknown(report, {.sink = "vaults"}), "sink vaults");
}

TEST(status_selection, all_are_in_sync_when_no_pair_is_missing) {
  EXPECT_FALSE(all_in_sync(*read_status(two_workspaces), {}));
  EXPECT_TRUE(all_in_sync(*read_status(two_workspaces), {.workspaces = {"acme-sales"}}));
  EXPECT_TRUE(all_in_sync(status_report{}, {}));
}

TEST(status_selection, a_workspace_that_is_gone_doesnt_count) {
  EXPECT_TRUE(all_in_sync(*read_status(with_state("gone")), {}));
  EXPECT_FALSE(all_in_sync(*read_status(with_state("denied")), {}));
}

TEST(status_selection, nothing_is_well_where_every_workspace_of_several_is_gone_or_denied) {
  status_report report;
  report.workspaces.resize(2);
  for (const auto* state : {"gone", "denied"}) {
    for (auto& each : report.workspaces) each.state = state;
    EXPECT_FALSE(all_in_sync(report, {})) << state;
    report.workspaces.back().state = "ok";
    EXPECT_TRUE(all_in_sync(report, {})) << state;
  }
}

TEST(status_selection, waits_for_what_is_required_alone_unless_a_workspace_is_named) {
  status_report report;
  for (const char* id : {"a", "b"}) report.workspaces.push_back(well(id));
  auto& a = report.workspaces[0];
  auto& b = report.workspaces[1];
  b.required = false;
  b.sinks[0].in_sync = false;
  EXPECT_TRUE(all_required_in_sync(report, {}));
  EXPECT_FALSE(all_in_sync(report, {}));
  EXPECT_FALSE(all_required_in_sync(report, {.workspaces = {"b"}})) << "it is asked for";
  b.sinks[0].required = false;
  EXPECT_TRUE(all_required_in_sync(report, {.workspaces = {"b"}}));
  a.sinks[1].in_sync = false;
  EXPECT_FALSE(all_required_in_sync(report, {}));
  EXPECT_TRUE(all_required_in_sync(report, {.sink = "files"}));
}

}  // namespace
}  // namespace tokensyncd::commands
