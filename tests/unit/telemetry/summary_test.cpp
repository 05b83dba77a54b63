#include "daemon/telemetry/summary.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tokensyncd::telemetry {
namespace {

TEST(summary, says_how_many_are_in_sync) {
  sync::fleet_status fleet;
  fleet.pairs = 1'204;
  fleet.pairs_in_sync = 1'203;
  EXPECT_EQ(summarize(fleet), "1,203 of 1,204 in sync");
  fleet.pairs = fleet.pairs_in_sync = 1'234'567;
  EXPECT_EQ(summarize(fleet), "1,234,567 of 1,234,567 in sync");
  fleet.pairs = fleet.pairs_in_sync = 0;
  EXPECT_EQ(summarize(fleet), "0 of 0 in sync");
}

TEST(summary, names_what_is_in_the_way) {
  sync::fleet_status fleet;
  fleet.pairs = 3;
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::ok)] = 3;
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::gone)] = 2;
  fleet.throttled_until = parse_rfc3339("2026-11-23T22:14:05Z");
  fleet.sinks = {{"files", "file", 0, ""}, {"vault", "vault", 3, "sealed."}};
  EXPECT_EQ(summarize(fleet, {.state = true, .audit = true}),
            "0 of 3 in sync, 2 gone, API throttled until 2026-11-23T22:14:05Z, state cannot be "
            "written, audit log cannot be written, vault: sealed");
}

TEST(summary, tells_of_places_hooks_and_a_configuration_that_was_refused) {
  sync::fleet_status fleet;
  fleet.pairs = 4;
  fleet.pairs_in_sync = 2;
  fleet.sinks = {{"files", "file", 3, "", 2, "the directory isn't there."}};
  EXPECT_EQ(summarize(fleet), "2 of 4 in sync, files: 2 failing, the directory isn't there");
  fleet.sinks[0].hook_failures = 3;
  fleet.sinks[0].out_of_sync = 0;  // what fails is gone
  EXPECT_EQ(summarize(fleet, {.refused = metrics::refusal_reason::invalid}),
            "2 of 4 in sync, configuration refused: the next start fails, the hook of files fails");
}

TEST(summary, says_that_a_sink_can_no_longer_log_in_though_all_is_in_sync) {
  sync::fleet_status fleet;
  fleet.pairs = fleet.pairs_in_sync = 2;
  fleet.sinks = {{"vault", "vault", 0, ""}};
  fleet.sinks[0].login_error = "";
  EXPECT_EQ(summarize(fleet), "2 of 2 in sync");
  fleet.sinks[0].login_error = "the secret id is refused.";
  EXPECT_EQ(summarize(fleet), "2 of 2 in sync, vault: the secret id is refused");
}

TEST(summary, says_that_the_api_is_down_and_when_it_is_tried_again) {
  sync::fleet_status fleet;
  fleet.pairs = fleet.pairs_in_sync = 2;
  fleet.next_probe = parse_rfc3339("2026-11-23T22:14:05Z");
  EXPECT_EQ(summarize(fleet), "2 of 2 in sync, API down, next probe at 2026-11-23T22:14:05Z");
}

TEST(summary, says_as_one_thing_that_every_workspace_is_denied) {
  sync::fleet_status fleet;
  fleet.pairs = 3;
  auto& denied = fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::denied)];
  denied = 3;
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::gone)] = 1;
  EXPECT_EQ(summarize(fleet),
            "0 of 3 in sync, the Partner API denies every workspace: check partner.id, or ask its "
            "support, 3 denied, 1 gone");
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::stale)] = 1;
  EXPECT_EQ(summarize(fleet), "0 of 3 in sync, 3 denied, 1 gone") << "not every one";
  fleet.workspaces = {};
  denied = 1;
  EXPECT_EQ(summarize(fleet), "0 of 3 in sync, 1 denied") << "of one it says nothing more";
}

TEST(summary, says_as_one_thing_that_every_workspace_is_gone) {
  sync::fleet_status fleet;
  fleet.pairs = fleet.pairs_in_sync = 2;
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::gone)] = 2;
  EXPECT_EQ(summarize(fleet),
            "2 of 2 in sync, the Partner API knows none of the workspaces: check partner.api_url "
            "and partner.id, or ask its support, 2 gone");
  fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::ok)] = 1;
  EXPECT_EQ(summarize(fleet), "2 of 2 in sync, 2 gone") << "not every one";
}

TEST(summary, is_one_short_line_whatever_an_error_says) {
  sync::fleet_status fleet;
  const std::string error = "a\nREADY=1\x1b" + std::string(10'000, 'x');
  fleet.sinks = {{"files", "file", 1, error}};
  const std::string line = summarize(fleet);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_LE(line.size(), 400U);
}

}  // namespace
}  // namespace tokensyncd::telemetry
