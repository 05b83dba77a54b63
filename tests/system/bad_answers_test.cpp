#include <functional>
#include <ostream>
#include <string>

#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

/// An answer that must not be believed, and what the check counts as.
struct bad_answer {
  std::string name;
  std::function<void(fault&)> spoil;
  std::string counted;

  friend std::ostream& operator<<(std::ostream& out, const bad_answer& one) {
    return out << one.name;
  }
};

bad_answer malformed(const std::string& how) {
  return {how, [how](fault& one) { one.malformed(how); }, "error"};
}

class bad_answers_test : public system_test, public testing::WithParamInterface<bad_answer> {};

TEST_P(bad_answers_test, leaves_the_file_as_it_is_and_is_seen_in_the_metrics) {
  const auto old_token = daemon_.delivered("acme");
  api_.rotate("acme");
  {
    auto bad = api_.when("acme");
    GetParam().spoil(bad);
  }
  sync("acme");
  EXPECT_TRUE(eventually([this] { return polls(GetParam().counted) >= 1; }));
  EXPECT_EQ(daemon_.delivered("acme"), old_token);
  EXPECT_FALSE(daemon_.status("acme").at("last_error").is_null());

  api_.clear_faults();
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
}

/// What a POST's answer may say of when it rotated: the token before is dead by then.
using odd_times_test = system_test;

TEST_F(odd_times_test, withhold_no_token_after_a_rotation) {
  const auto rotate_with = [this](boost::json::value rotated_at) {
    api_.clear_faults();
    api_.when("acme").field("rotated_at", rotated_at);
    const auto done = daemon_.command({"rotate", "--yes", "acme"});
    EXPECT_EQ(done.exit_code, 0) << rotated_at << done.output << done.errors;
    EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme")) << rotated_at;
    return daemon_.status("acme").at("rotated_at");
  };
  for (const auto* time : {"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(rotate_with(time), time);
  }
  for (const boost::json::value& none :
       {boost::json::value{""}, boost::json::value{"2026-11-23T22:14:05"},
        boost::json::value{"2026-11-23T22:14:05+0000"}, boost::json::value{1'700'000'000},
        boost::json::value{true}, boost::json::value(boost::json::array{})}) {
    EXPECT_TRUE(rotate_with(none).is_null()) << none;
  }
  EXPECT_GE(daemon_.metric("tokensyncd_source_unreadable_times_total"), 6);
  const auto said = daemon_.all_output();
  const auto first = said.find("token.rotated_at_unreadable");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(said.find("token.rotated_at_unreadable", first + 1), std::string::npos)
      << "one warning";
}

/// The vendor describes codes that it doesn't spell out.
using described_codes_test = system_test;

TEST_F(described_codes_test, are_the_partners_trouble_and_no_workspaces) {
  for (const auto* code : {"token_not_active", "token_undecodable", "missing_claim",
                           "missing_header", "invalid_request", "method_not_allowed"}) {
    for (const unsigned status : {401U, 403U}) {
      api_.set({{"refuse_with", code}, {"statuses", {{code, status}}}});
      sync("acme");
      ASSERT_TRUE(eventually([this] { return !daemon_.status("acme").at("last_error").is_null(); }))
          << code << status;
      EXPECT_EQ(daemon_.status("acme").at("state"), "stale") << code << status;
      api_.set({{"refuse_with", ""}});
      sync("acme");
      ASSERT_TRUE(eventually([this] { return daemon_.status("acme").at("state") == "ok"; }))
          << code << status;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    system, bad_answers_test,
    testing::Values(
        malformed("not_json"), malformed("empty"), malformed("array"), malformed("truncated"),
        malformed("duplicate_token"), malformed("duplicate_workspace"), malformed("trailing"),
        malformed("invalid_utf8"), malformed("gzip"), malformed("empty_token"),
        malformed("blank_token"), malformed("control_token"), malformed("c1_control_token"),
        malformed("nul_token"), malformed("long_token"), malformed("number_token"),
        malformed("null_token"), malformed("object_token"),
        bad_answer{"foreign", [](fault& f) { f.field("workspace_id", "beta"); }, "error"},
        bad_answer{"no_token", [](fault& f) { f.without_field("token"); }, "error"},
        bad_answer{"huge_body", [](fault& f) { f.with("huge_body", 200'000); }, "error"},
        bad_answer{"huge_header", [](fault& f) { f.with("huge_header", 100'000); }, "error"},
        bad_answer{"many_headers", [](fault& f) { f.with("header_count", 300); }, "error"},
        bad_answer{"cut_before", [](fault& f) { f.cut("before"); }, "error"},
        bad_answer{"cut_in_header", [](fault& f) { f.cut("header"); }, "error"},
        bad_answer{"cut_in_body", [](fault& f) { f.cut("body"); }, "error"},
        bad_answer{"reset", [](fault& f) { f.cut("reset"); }, "error"},
        bad_answer{"cut_without_length",
                   [](fault& f) { f.framing("until_close").cut("no_close_notify"); }, "error"},
        bad_answer{"not_http", [](fault& f) { f.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }, "error"},
        bad_answer{"status_500", [](fault& f) { f.answer(500, "html"); }, "error"},
        bad_answer{"status_503", [](fault& f) { f.answer(503, "none"); }, "error"},
        bad_answer{"redirect",
                   [](fault& f) { f.answer(302, "html").header("Location", "https://x.invalid/"); },
                   "error"},
        bad_answer{"status_429", [](fault& f) { f.answer(429, "too_many"); }, "throttled"},
        bad_answer{"edge_403", [](fault& f) { f.answer(403, "html"); }, "throttled"},
        bad_answer{"not_owned",
                   [](fault& f) { f.answer(403, "partner", "workspace_not_owned_by_partner"); },
                   "denied"},
        bad_answer{"not_found", [](fault& f) { f.answer(404, "partner", "workspace_not_found"); },
                   "gone"}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace tokensyncd::tests
