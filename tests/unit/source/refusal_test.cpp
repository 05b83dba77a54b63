#include "daemon/source/refusal.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

using kind = failure_kind;

failure refuse(unsigned status, std::string_view body,
               std::optional<std::string_view> retry_after = {}) {
  received answer;
  answer.status = status;
  answer.body = body;
  answer.retry_after = retry_after;
  return read_refusal(answer, "acme");
}

TEST(refusal, goes_by_a_known_code_in_any_shape_and_under_any_status) {
  const std::vector<std::pair<std::string, kind>> codes{
      {"invalid_signature", kind::bad_signature},
      {"timestamp_out_of_range", kind::clock_skew},
      {"partner_not_found", kind::partner_refused},
      {"partner_not_active", kind::partner_refused},
      {"workspace_not_found", kind::gone},
      {"workspace_not_owned_by_partner", kind::denied},
      {"workspace_billing_managed", kind::denied}};
  for (const auto& [code, expected] : codes) {
    for (const unsigned status : {400U, 401U, 403U, 404U, 422U, 429U, 500U, 503U}) {
      EXPECT_EQ(refuse(status, R"({"error":")" + code + R"(","status":400})").kind, expected);
      EXPECT_EQ(refuse(status, R"({"error":")" + code + R"("})").kind, expected);
      EXPECT_EQ(
          refuse(status, R"({"status":"error","message":"canary","error_code":")" + code + R"("})")
              .kind,
          expected);
    }
  }
}

TEST(refusal, goes_by_the_status_where_no_code_is_known) {
  struct row {
    unsigned status;
    const char* body;
    kind expected;
  };
  constexpr auto partner = R"({"error":"canary","status":400,"description":"canary"})";
  constexpr auto publik = R"({"status":"error","message":"canary"})";
  constexpr auto throttle = R"({"error":"Too Many Requests","message":"canary"})";
  constexpr auto html = "<html>canary</html>";
  for (const auto& [status, body, expected] : std::vector<row>{
           {401, partner, kind::bad_signature},
           {401, html, kind::bad_signature},
           {401, "", kind::bad_signature},
           {403, partner, kind::denied},
           {403, publik, kind::denied},
           {403, html, kind::edge_refused},
           {403, "", kind::edge_refused},
           {403, R"({"error":"workspace_billing_managed")", kind::edge_refused},
           {404, partner, kind::gone},
           {404, publik, kind::malformed},
           {404, R"({"error":"Not Found","message":"Cannot GET /canary"})", kind::malformed},
           {404, R"({"detail":"Not Found"})", kind::malformed},
           {404, html, kind::malformed},
           {404, "", kind::malformed},
           {400, partner, kind::invalid},
           {405, publik, kind::invalid},
           {418, html, kind::invalid},
           {429, throttle, kind::throttled},
           {429, html, kind::throttled},
           {429, "", kind::throttled},
           {500, partner, kind::server_error},
           {502, html, kind::server_error},
           {503, throttle, kind::server_error},
           {504, "", kind::server_error},
           {599, "", kind::server_error},
           {301, html, kind::malformed},
           {302, partner, kind::malformed},
           {304, "", kind::malformed},
           {307, R"({"error":"workspace_not_found","status":404})", kind::malformed}}) {
    EXPECT_EQ(refuse(status, body).kind, expected) << status << body;
  }
}

TEST(refusal, takes_a_503_with_retry_after_as_a_throttle_whatever_it_says) {
  EXPECT_EQ(refuse(503, "", "5").kind, kind::throttled);
  EXPECT_EQ(refuse(503, "", "never").kind, kind::throttled);
  EXPECT_EQ(refuse(502, "", "5").kind, kind::server_error);
}

TEST(refusal, names_what_to_correct_and_quotes_nothing) {
  for (const unsigned status : {302U, 400U, 401U, 403U, 404U, 405U, 429U, 500U, 503U}) {
    for (const auto* body :
         {"canary", R"({"error":"canary","status":404})", R"({"error_code":"canary"})"}) {
      const auto sentence = refuse(status, body, "canary").sentence;
      EXPECT_EQ(sentence.find("canary"), std::string::npos) << sentence;
      EXPECT_NE(sentence.find(';'), std::string::npos) << "no next step: " << sentence;
    }
  }
  EXPECT_NE(refuse(302, "").sentence.find("partner.api_url"), std::string::npos);
  EXPECT_NE(refuse(404, "").sentence.find("partner.api_url"), std::string::npos);
  EXPECT_NE(refuse(404, R"({"error":"workspace_not_found"})").sentence.find("workspace acme"),
            std::string::npos);
}

}  // namespace
}  // namespace tokensyncd::source
