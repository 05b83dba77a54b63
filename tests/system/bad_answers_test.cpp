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
