#include "daemon/telemetry/summary.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>

namespace tokensyncd::telemetry {
namespace {

using sync::workspace_state;
using testing::ElementsAre;
using testing::IsEmpty;

/// A fleet at 2026-11-23T22:14:05Z, all of it in sync in `files` and `vault`.
sync::fleet_status a_fleet(std::size_t size) {
  sync::fleet_status fleet;
  fleet.at = *parse_rfc3339("2026-11-23T22:14:05Z");
  fleet.workspaces[static_cast<std::size_t>(workspace_state::ok)] = size;
  fleet.delivered = size;
  fleet.sinks.resize(2);
  fleet.sinks[0].name = "files";
  fleet.sinks[1].name = "vault";
  return fleet;
}

/// `count` of the workspaces that are ok aren't any more.
void become(sync::fleet_status& fleet, workspace_state state, std::size_t count) {
  fleet.workspaces[static_cast<std::size_t>(workspace_state::ok)] -= count;
  fleet.workspaces[static_cast<std::size_t>(state)] += count;
}

void fail(sync::sink_totals& sink, std::size_t count, failure_kind why, std::string_view sentence) {
  sink.out_of_sync = sink.failing = count;
  sink.cause = why;
  sink.place_error = sentence;
}

TEST(summary, counts_those_in_sync_where_all_is_well) {
  EXPECT_EQ(summarize(a_fleet(3'000)).headline, "3,000 workspaces in sync");
  EXPECT_EQ(summarize(a_fleet(1'234'567)).headline, "1,234,567 workspaces in sync");
  EXPECT_EQ(summarize(a_fleet(1)).headline, "1 workspace in sync");
  EXPECT_EQ(summarize(a_fleet(0)).headline, "no workspace is configured");
  EXPECT_THAT(summarize(a_fleet(3)).details, IsEmpty());
}

TEST(summary, counts_gone_and_denied_workspaces_apart_from_healthy_ones) {
  auto fleet = a_fleet(3'000);
  fleet.delivered -= 3;
  become(fleet, workspace_state::gone, 2);
  become(fleet, workspace_state::denied, 1);
  const auto seen = summarize(fleet);
  EXPECT_EQ(seen.headline, "2,997 workspaces in sync; 2 gone, 1 denied");
  EXPECT_THAT(seen.details,
              ElementsAre("no token from the API: 2 workspaces gone, 1 workspace denied"));
}

TEST(summary, says_that_delivered_tokens_are_refused) {
  auto fleet = a_fleet(3);
  fleet.refused_tokens = 1;
  EXPECT_EQ(summarize(fleet).headline, "Public API refuses 1 token");
  fleet.refused_tokens = 2;
  EXPECT_EQ(summarize(fleet).headline, "Public API refuses 2 tokens");
  EXPECT_THAT(summarize(fleet).details,
              ElementsAre("the Public API refuses the newest tokens of 2 workspaces: if "
                          "`tokensyncd verify` repeats this, rotate them"));
}

TEST(summary, says_that_the_rotation_policy_has_stopped_and_how_it_goes_on) {
  auto fleet = a_fleet(3);
  fleet.policy.emplace();
  EXPECT_EQ(summarize(fleet).headline, "3 workspaces in sync");
  fleet.policy->stopped = "workspace acme: the API refused it.";
  EXPECT_EQ(summarize(fleet).headline, "3 workspaces in sync; rotation policy stopped");
  EXPECT_THAT(summarize(fleet).details,
              ElementsAre("the rotation policy has stopped: workspace acme: the API refused it; "
                          "fix the cause, then run `tokensyncd reload`"));
}

TEST(summary, tells_of_a_certificate_that_is_about_to_expire_after_all_else) {
  auto fleet = a_fleet(3);
  side_trouble trouble;
  trouble.certificates = {{"webhook", "/etc/c.pem", fleet.at + std::chrono::hours{14 * 24 + 1}},
                          {"sink:vault", "/etc/v.pem", fleet.at + std::chrono::hours{14 * 24 - 1}}};
  auto seen = summarize(fleet, trouble);
  EXPECT_EQ(seen.headline, "3 workspaces in sync; certificate of sink vault expires in 13 days");
  EXPECT_THAT(seen.details,
              ElementsAre("certificate of sink vault expires in 13 days (/etc/v.pem, "
                          "2026-12-07T21:14:05Z): put a new one into its file, which is read "
                          "again by itself"));
  trouble.certificates = {{"webhook", "/etc/c.pem", fleet.at + std::chrono::hours{47}}};
  EXPECT_EQ(summarize(fleet, trouble).headline,
            "3 workspaces in sync; certificate of webhook expires in 47 h");
  trouble.certificates = {{"webhook", "/etc/c.pem", fleet.at - std::chrono::hours{1}}};
  EXPECT_EQ(summarize(fleet, trouble).headline,
            "3 workspaces in sync; certificate of webhook has expired");
}

TEST(summary, tells_of_a_certificate_that_cannot_be_used) {
  auto fleet = a_fleet(3);
  side_trouble trouble;
  trouble.certificates = {
      {"webhook", "/etc/c.pem", fleet.at + std::chrono::hours{9'000}, "the key is another's"}};
  const auto seen = summarize(fleet, trouble);
  EXPECT_EQ(seen.headline, "3 workspaces in sync; certificate of webhook cannot be used");
  EXPECT_THAT(seen.details,
              ElementsAre("certificate of webhook cannot be used: the key is another's; the one "
                          "before stays in use, and the next start fails: put a certificate and "
                          "its key into the files"));
}

TEST(summary, tells_of_rotations_whose_result_is_not_known) {
  auto fleet = a_fleet(3);
  fleet.unconfirmed_rotations = 1;
  const auto seen = summarize(fleet);
  EXPECT_EQ(seen.headline, "3 workspaces in sync; 1 rotation unconfirmed");
  EXPECT_THAT(seen.details,
              ElementsAre("1 rotation asked for, and the API has not shown a new token yet: the "
                          "old one may be invalid"));
}

TEST(summary, names_the_cause_why_workspaces_have_no_new_token) {
  auto fleet = a_fleet(3'000);
  fleet.undelivered = 3;
  fail(fleet.sinks[0], 3, failure_kind::no_space, "no space left in /run/tokens.");
  const auto seen = summarize(fleet);
  EXPECT_EQ(seen.headline, "3 of 3,000 workspaces not delivered: files (disk full)");
  EXPECT_THAT(seen.details,
              ElementsAre("sink files: 3 workspaces not delivered: no space left in /run/tokens"));

  fail(fleet.sinks[1], 1, failure_kind::bad_login, "refused");
  EXPECT_EQ(summarize(fleet).headline,
            "3 of 3,000 workspaces not delivered: files (disk full), vault (login refused)");
}

TEST(summary, says_not_yet_where_nothing_has_failed) {
  auto fleet = a_fleet(2);
  fleet.undelivered = 1;
  fleet.sinks[0].out_of_sync = 1;
  EXPECT_EQ(summarize(fleet).headline, "1 of 2 workspaces not delivered yet: files");
}

TEST(summary, begins_with_what_the_api_as_a_whole_does_and_since_when) {
  auto fleet = a_fleet(2);
  fleet.api = sync::api_trouble{failure_kind::unreachable, "no connection to api.example.",
                                *parse_rfc3339("2026-11-23T14:02:41Z")};
  fleet.next_probe = parse_rfc3339("2026-11-23T22:14:35Z");
  become(fleet, workspace_state::stale, 2);
  const auto seen = summarize(fleet);
  EXPECT_EQ(seen.headline, "API unreachable since 14:02 UTC");
  EXPECT_THAT(seen.details,
              ElementsAre("Partner API: no connection to api.example; since "
                          "2026-11-23T14:02:41Z, next probe at 2026-11-23T22:14:35Z"));
  fleet.api->since = *parse_rfc3339("2026-11-21T14:02:41Z");
  EXPECT_EQ(summarize(fleet).headline, "API unreachable since 2026-11-21 14:02 UTC");
}

TEST(summary, tells_the_api_s_refusals_apart) {
  auto fleet = a_fleet(2);
  fleet.api = sync::api_trouble{.since = *parse_rfc3339("2026-11-23T14:02:41Z")};
  const auto clause = [&](failure_kind cause) {
    fleet.api->cause = cause;
    return summarize(fleet).headline;
  };
  EXPECT_EQ(clause(failure_kind::bad_signature), "API refuses the Partner Secret since 14:02 UTC");
  EXPECT_EQ(clause(failure_kind::partner_refused), "API refuses the partner since 14:02 UTC");
  EXPECT_EQ(clause(failure_kind::throttled), "API throttles all calls since 14:02 UTC");
  EXPECT_EQ(clause(failure_kind::clock_skew), "API refuses this machine's clock since 14:02 UTC");
  EXPECT_EQ(clause(failure_kind::tls), "TLS to the API fails since 14:02 UTC");
}

TEST(summary, says_as_one_thing_what_the_api_says_of_every_workspace) {
  auto fleet = a_fleet(3);
  fleet.delivered = 0;
  become(fleet, workspace_state::denied, 3);
  EXPECT_EQ(summarize(fleet).headline, "API denies every workspace; 3 denied");
  fleet.workspaces = {};
  fleet.workspaces[static_cast<std::size_t>(workspace_state::gone)] = 3;
  EXPECT_EQ(summarize(fleet).headline, "API knows none of the 3 workspaces; 3 gone");
  become(fleet, workspace_state::ok, 0);
  fleet.workspaces[static_cast<std::size_t>(workspace_state::ok)] = 1;
  fleet.delivered = 1;
  EXPECT_EQ(summarize(fleet).headline, "1 workspace in sync; 3 gone") << "not every one";
}

TEST(summary, names_hooks_logins_and_what_is_its_own) {
  auto fleet = a_fleet(9);
  fleet.sinks[0].hook_failures = 3;
  fleet.sinks[0].hook_pending = 9;
  fleet.sinks[0].hook_error = "it ended with exit code 3.";
  EXPECT_EQ(summarize(fleet).headline, "hook of files fails: 9 workspaces");
  EXPECT_THAT(summarize(fleet).details,
              ElementsAre("hook of sink files: 9 workspaces not announced: it ended with exit code "
                          "3"));
  fleet.sinks[0].hook_failures = 0;
  fleet.sinks[1].login_error = "";
  EXPECT_EQ(summarize(fleet).headline, "9 workspaces in sync");
  fleet.sinks[1].login_error = "the secret id is refused.";
  EXPECT_EQ(summarize(fleet).headline, "vault: login refused");
  const side_trouble own{"its disk is full.", true,
                         refused_reload{metrics::refusal_reason::restart,
                                        {failure_kind::invalid, "only a restart can change x."}}};
  const auto seen = summarize(fleet, own);
  EXPECT_EQ(seen.headline, "vault: login refused; state cannot be written; 2 more troubles");
  ASSERT_EQ(seen.details.size(), 4U);
  EXPECT_EQ(seen.details[1], "state: its disk is full");
  EXPECT_EQ(seen.details[3], "the last reload was refused: only a restart can change x");
}

TEST(summary, counts_checks_that_failed_one_by_one) {
  auto fleet = a_fleet(3'000);
  become(fleet, workspace_state::stale, 2);
  become(fleet, workspace_state::disputed, 1);
  EXPECT_EQ(summarize(fleet).headline,
            "3,000 workspaces in sync; 2 of 3,000 workspaces not checked; 1 more trouble");
}

TEST(summary, names_the_first_few_that_are_in_trouble_and_why) {
  auto fleet = a_fleet(3'000);
  become(fleet, workspace_state::stale, 4);
  fleet.named[static_cast<std::size_t>(workspace_state::stale)] = {"acme", "bolt", "cup"};
  fleet.stale_cause = "workspace acme: the Partner API has an internal error (HTTP 502).";
  become(fleet, workspace_state::gone, 1);
  fleet.named[static_cast<std::size_t>(workspace_state::gone)] = {"dot"};
  EXPECT_THAT(summarize(fleet).details,
              ElementsAre("4 workspaces (acme, bolt, cup, …) not checked; acme: the Partner API "
                          "has an internal error (HTTP 502)",
                          "no token from the API: 1 workspace (dot) gone"));
}

TEST(summary, is_one_short_line_whatever_an_error_says) {
  auto fleet = a_fleet(1);
  fleet.undelivered = 1;
  const std::string error = "a\nREADY=1\x1b" + std::string(10'000, 'x');
  const std::string name(200, 'n');
  fleet.sinks[0].name = name;
  fail(fleet.sinks[0], 1, failure_kind::io_error, error);
  const auto seen = summarize(fleet);
  EXPECT_EQ(seen.headline.find('\n'), std::string::npos);
  EXPECT_LE(seen.headline.size(), 80U);
  EXPECT_EQ(seen.details.front().find('\n'), std::string::npos);
  EXPECT_LE(seen.details.front().size(), 400U);
}

}  // namespace
}  // namespace tokensyncd::telemetry
