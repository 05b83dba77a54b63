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

/// The vendor describes these codes and doesn't spell them out.
TEST(refusal, knows_the_described_codes_in_any_spelling_as_the_partners_trouble) {
  const std::vector<std::pair<kind, std::vector<std::string>>> families{
      {kind::clock_skew,
       {"token_not_active", "token_not_active_yet", "token_not_yet_active", "TokenNotActiveYet",
        "TOKEN_NOT_YET_VALID", "not_active_yet", "jwt not active", "token_expired", "ExpiredToken",
        "immature-signature", "invalid_nbf"}},
      {kind::bad_signature,
       {"token_decode_error", "token_undecodable", "token_cannot_be_decoded", "decode_error",
        "TokenDecodeError", "JWTDecodeError", "invalid_token", "malformed_jwt",
        "Invalid Authorization"}},
      {kind::request_refused,
       {"missing_claim", "missing_claims", "claim_missing", "MissingRequiredClaimError",
        "missing_header", "header_missing", "missing_required_header", "no_authorization_header",
        "Missing Headers", "invalid_request", "bad_request", "InvalidRequest", "request_invalid",
        "method_not_allowed", "Method Not Allowed", "unsupported_method"}}};
  for (const auto& [expected, codes] : families) {
    for (const auto& code : codes) {
      for (const unsigned status : {400U, 401U, 403U, 404U, 405U, 422U, 429U, 500U, 503U}) {
        const auto partner = refuse(status, R"({"error":")" + code + R"(","status":400})");
        EXPECT_EQ(partner.kind, expected) << code << " with " << status;
        EXPECT_NE(partner.sentence.find(';'), std::string::npos) << partner.sentence;
        EXPECT_EQ(refuse(status,
                         R"({"status":"error","message":"canary","error_code":")" + code + R"("})")
                      .kind,
                  expected)
            << code;
      }
    }
  }
}

TEST(refusal, takes_no_code_of_a_workspace_for_the_partners) {
  for (const auto* code :
       {"workspace_not_active", "invalid_workspace_token", "account_expired", "missing", "token",
        "not_allowed", "forbidden", "header", "subscription_expired", ""}) {
    EXPECT_EQ(refuse(403, R"({"error":")" + std::string(code) + R"(","status":403})").kind,
              kind::denied)
        << code;
  }
  EXPECT_EQ(refuse(403, R"({"error":"token_expired)" + std::string(200, '_') + R"("})").kind,
            kind::denied)
      << "no code is as long";
}

TEST(refusal, says_what_the_form_of_a_request_lacks) {
  const auto sentence = [](std::string_view code) {
    return refuse(403, R"({"error":")" + std::string(code) + R"(","status":403})").sentence;
  };
  EXPECT_NE(sentence("missing_header").find("a missing header"), std::string::npos);
  EXPECT_NE(sentence("missing_claim").find("a missing claim"), std::string::npos);
  EXPECT_NE(sentence("method_not_allowed").find("the method"), std::string::npos);
  EXPECT_NE(sentence("invalid_request").find("invalid"), std::string::npos);
  EXPECT_NE(sentence("token_decode_error").find("cannot read our JWT"), std::string::npos);
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
           {401, partner, kind::unauthorized},
           {401, html, kind::unauthorized},
           {401, "", kind::unauthorized},
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
