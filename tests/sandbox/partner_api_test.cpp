#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tests/sandbox/client.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

std::string error_of(const http_answer& answer) {
  return std::string(json::parse(answer.body).at("error").as_string());
}

std::string token_of(const http_answer& answer) {
  return std::string(json::parse(answer.body).at("token").as_string());
}

TEST(partner_api, a_get_creates_a_token_once_and_says_so_in_its_counters) {
  sandbox api{{.workspaces = {"acme"}}};
  const auto first = ask(api, token_path("acme"));
  const auto second = ask(api, token_path("acme"));
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.headers.at("x-tl-api-version"), "v1");
  EXPECT_EQ(json::parse(first.body).at("workspace_id").as_string(), "acme");
  EXPECT_FALSE(json::parse(first.body).as_object().contains("rotated_at"));
  EXPECT_EQ(token_of(first), token_of(second));
  EXPECT_EQ(api.count("created_by_get"), 1U);
  EXPECT_EQ(api.count("acme", "gets"), 2U);
}

TEST(partner_api, serves_nothing_more_after_what_is_no_request) {
  sandbox api{{.workspaces = {"acme"}}};
  const std::string request = "GET " + token_path("acme") + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto answered = tls_call(api.port(), api.ca_file(), request + "nonsense\r\n\r\n");
  EXPECT_TRUE(answered.bytes.starts_with("HTTP/1.1 4"));
  EXPECT_EQ(api.count("requests"), 1U);
  EXPECT_EQ(api.count("bad_requests"), 1U);
}

TEST(partner_api, a_post_rotates_and_the_old_token_stops_at_once) {
  sandbox api{{.workspaces = {"acme"}}};
  const auto old_token = token_of(ask(api, token_path("acme")));
  const auto rotated = ask(api, token_path("acme"), "POST");
  EXPECT_EQ(rotated.status, 201U);
  EXPECT_FALSE(rotated.headers.contains("x-tl-api-version"));
  EXPECT_TRUE(json::parse(rotated.body).at("rotated_at").is_string());
  EXPECT_NE(token_of(rotated), old_token);
  EXPECT_EQ(ask(api, "/integrations/api/workspace", "GET", old_token).status, 401U);
  const auto works = ask(api, "/integrations/api/workspace", "GET", token_of(rotated));
  EXPECT_EQ(works.status, 200U);
  EXPECT_EQ(json::parse(works.body).at("data").at("workspace_id").as_string(), "acme");
}

TEST(partner_api, answers_a_trailing_slash_with_a_page) {
  sandbox api{{.workspaces = {"acme"}}};
  const auto answer = ask(api, token_path("acme") + "/");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_TRUE(answer.body.starts_with("<!doctype html>"));
}

TEST(partner_api, tells_workspaces_that_are_unknown_foreign_or_billed_elsewhere_apart) {
  sandbox api{{.workspaces = {"foreign", "billed"}}};
  api.change("foreign", {{"owned", false}});
  api.change("billed", {{"billing_managed", true}});
  EXPECT_EQ(error_of(ask(api, token_path("nobody"))), "workspace_not_found");
  EXPECT_EQ(error_of(ask(api, token_path("foreign"))), "workspace_not_owned_by_partner");
  EXPECT_EQ(error_of(ask(api, token_path("billed"))), "workspace_billing_managed");
}

TEST(partner_api, knows_its_caller_by_signature_algorithm_partner_and_times) {
  sandbox api{{.workspaces = {"acme"}}};
  const auto refused = [&api](const jwt_options& options) {
    return error_of(ask(api, token_path("acme"), "GET", make_jwt(options)));
  };
  EXPECT_EQ(error_of(ask(api, token_path("acme"), "GET", "")), "missing_header");
  EXPECT_EQ(refused({.header = R"({"alg":"none"})"}), "token_undecodable");
  EXPECT_EQ(refused({.secret = "another"}), "invalid_signature");
  EXPECT_EQ(refused({.partner_id = "other"}), "partner_not_found");
  EXPECT_EQ(refused({.nbf_from_now = 60, .exp_from_now = 360}), "timestamp_out_of_range");
  EXPECT_EQ(refused({.nbf_from_now = -400, .exp_from_now = -40}), "timestamp_out_of_range");
  EXPECT_EQ(refused({.nbf_from_now = -180, .exp_from_now = 3600}), "timestamp_out_of_range");
}

TEST(partner_api, has_a_clock_of_its_own) {
  sandbox api{{.workspaces = {"acme"}}};
  api.set({{"clock_offset_s", 7200}});
  EXPECT_EQ(error_of(ask(api, token_path("acme"))), "timestamp_out_of_range");
  const auto ahead = make_jwt({.nbf_from_now = 7020, .exp_from_now = 7380});
  EXPECT_EQ(ask(api, token_path("acme"), "GET", ahead).status, 200U);
}

TEST(partner_api, has_the_unknowns_of_the_documentation_as_switches) {
  sandbox api{{.workspaces = {"acme"}}};
  api.set({{"rotated_at_on_get", "null"}});
  EXPECT_TRUE(json::parse(ask(api, token_path("acme")).body).at("rotated_at").is_null());
  api.rotate("acme");
  api.set({{"rotated_at_on_get", "last"}, {"date_format", "offset_fraction"}});
  const auto answer = json::parse(ask(api, token_path("acme")).body);
  const std::string_view date = answer.at("rotated_at").as_string();
  EXPECT_EQ(date.size(), std::string_view("2026-01-02T03:04:05.678901+02:00").size());
  EXPECT_TRUE(date.ends_with("+02:00"));

  api.set({{"statuses", {{"workspace_not_found", 403}}}, {"error_body", "public"}});
  const auto refused = ask(api, token_path("nobody"));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(json::parse(refused.body).at("status").as_string(), "error");
  EXPECT_EQ(json::parse(refused.body).at("error_code").as_string(), "workspace_not_found");
  api.set({{"error_body", "none"}});
  EXPECT_EQ(ask(api, token_path("nobody")).body, "");
}

TEST(partner_api, limits_the_rate_when_it_is_told_to) {
  sandbox api{{.workspaces = {"acme"}}};
  api.set({{"rate_per_second", 0.001}, {"rate_burst", 2}, {"rate_retry_after", "7"}});
  EXPECT_EQ(ask(api, token_path("acme")).status, 200U);
  EXPECT_EQ(ask(api, token_path("acme")).status, 200U);
  const auto third = ask(api, token_path("acme"));
  EXPECT_EQ(third.status, 429U);
  EXPECT_EQ(third.headers.at("retry-after"), "7");
  EXPECT_EQ(error_of(third), "Too Many Requests");
}

TEST(partner_api, keeps_a_log_that_tells_who_was_asked_for_when) {
  sandbox api{{.workspaces = {"acme", "beta"}}};
  (void)ask(api, token_path("acme"));
  (void)ask(api, token_path("beta"), "POST");
  const auto all = api.log();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].workspace, "acme");
  EXPECT_EQ(all[1].method, "P");
  EXPECT_EQ(all[1].status, 201U);
  EXPECT_LT(all[0].at_ns, all[1].at_ns);
  EXPECT_EQ(api.log("beta").size(), 1U);
  EXPECT_NE(api.heads().front().find("X-TL-Partner-Id: acme"), std::string::npos);
  api.forget_log();
  EXPECT_EQ(api.log().size(), 0U);
  EXPECT_EQ(api.count("requests"), 0U);
}

TEST(partner_api, has_every_workspace_when_it_is_told_to) {
  sandbox api{{.more = {"--any-workspace"}}};
  EXPECT_EQ(ask(api, token_path("who%20ever")).status, 200U);
  EXPECT_EQ(api.tokens().size(), 1U);
  EXPECT_EQ(api.tokens().begin()->first, "who ever");
}

}  // namespace
}  // namespace tokensyncd::tests
