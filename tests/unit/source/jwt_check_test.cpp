#include "daemon/source/jwt_check.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/runtime/crypto.hpp"
#include "daemon/source/jwt.hpp"

namespace tokensyncd::source {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now{1'700'000'000s};
constexpr std::string_view good_header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view good_claims =
    R"({"partner_id":"acme","nbf":1699999820,"exp":1700000180})";

std::string encoded(std::string_view text) {
  return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// A JWT with the right signature of `key`, whatever it says.
std::string signed_with(std::string_view key, std::string_view header, std::string_view claims) {
  const hmac_sha256 mac{{reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}};
  const auto text = encoded(header) + "." + encoded(claims);
  return text + "." + base64url(mac.of(text));
}

std::string jwt_of(std::string_view header, std::string_view claims) {
  return signed_with("partner-secret-1", header, claims);
}

struct jwt_check : testing::Test {
  const secret current{"partner-secret-1"};
  const secret previous{"partner-secret-0"};
  std::vector<const secret*> keys{&current, &previous};

  [[nodiscard]] jwt_verdict check(std::string_view jwt, wall_time at = now) const {
    return check_jwt(jwt, keys, "acme", at);
  }
  [[nodiscard]] jwt_verdict check_claims(std::string_view claims) const {
    return check(jwt_of(good_header, claims));
  }
  [[nodiscard]] jwt_verdict check_header(std::string_view header) const {
    return check(jwt_of(header, good_claims));
  }
};

TEST_F(jwt_check, believes_what_another_implementation_signed) {
  // Made with Python's hmac and base64; see jwt_test.cpp.
  EXPECT_EQ(check("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                  "eyJwYXJ0bmVyX2lkIjoiYWNtZSIsIm5iZiI6MTY5OTk5OTgyMCwiZXhwIjoxNzAwMDAwMTgwfQ."
                  "EF50fitzPvefWSIj3kJFxzFrEx9jn_dF7Io6pKlljAU"),
            jwt_verdict::good);
}

TEST_F(jwt_check, believes_our_own_and_the_previous_secrets) {
  EXPECT_EQ(check(make_jwt(current, "acme", now).reveal()), jwt_verdict::good);
  EXPECT_EQ(check(make_jwt(previous, "acme", now).reveal()), jwt_verdict::good);
  EXPECT_EQ(check(make_jwt(secret{"another"}, "acme", now).reveal()), jwt_verdict::forged);
  keys = {&previous};
  EXPECT_EQ(check(make_jwt(current, "acme", now).reveal()), jwt_verdict::forged);
}

TEST_F(jwt_check, believes_nothing_without_a_secret) {
  keys.clear();
  EXPECT_EQ(check(jwt_of(good_header, good_claims)), jwt_verdict::forged);
  const secret none;
  keys = {&none};
  EXPECT_EQ(check(signed_with("", good_header, good_claims)), jwt_verdict::forged);
}

TEST_F(jwt_check, takes_any_writing_of_the_header_and_nothing_else_in_it) {
  EXPECT_EQ(check_header(R"( {"typ" : "JWT", "\u0061lg":"HS256"} )"), jwt_verdict::good);
  for (const std::string_view header : {R"({"alg":"none","typ":"JWT"})",
                                        R"({"alg":"NONE","typ":"JWT"})",
                                        R"({"alg":"hs256","typ":"JWT"})",
                                        R"({"alg":"HS384","typ":"JWT"})",
                                        R"({"alg":"HS512","typ":"JWT"})",
                                        R"({"alg":"RS256","typ":"JWT"})",
                                        R"({"typ":"JWT"})",
                                        R"({"alg":"HS256"})",
                                        R"({"alg":"HS256","typ":"jwt"})",
                                        R"({"alg":null,"typ":"JWT"})",
                                        R"({"alg":["HS256"],"typ":"JWT"})",
                                        R"({"alg":"HS256","alg":"HS256","typ":"JWT"})",
                                        R"({"alg":"none","alg":"HS256","typ":"JWT"})",
                                        R"({"alg":"HS256","typ":"JWT","crit":["exp"]})",
                                        R"({"alg":"HS256","typ":"JWT","kid":"1"})",
                                        R"({"alg":"HS256","typ":"JWT","b64":false})",
                                        R"(["HS256","JWT"])",
                                        R"("HS256")",
                                        "",
                                        R"({"alg":"HS256","typ":"JWT"}{})",
                                        R"({"alg":"HS256","typ":"JWT",})"}) {
    EXPECT_EQ(check_header(header), jwt_verdict::forged) << header;
  }
}

TEST_F(jwt_check, wants_each_claim_once_and_of_its_type) {
  EXPECT_EQ(check_claims(R"({"exp":1700000180,"nbf":1699999820,"partner_id":"acme","iat":1})"),
            jwt_verdict::good);
  for (const std::string_view claims :
       {R"({"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820})",
        R"({"partner_id":"evil","nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"Acme","nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme\u0000","nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":1,"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":["acme"],"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":"1699999820","exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":"1700000180"})",
        R"({"partner_id":"acme","nbf":1699999820.0,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":1.70000018e9})",
        R"({"partner_id":"acme","nbf":null,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":true})",
        R"({"partner_id":"evil","partner_id":"acme","nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":1,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"nbf":1699999820,"exp":1700000180})",
        R"({"x":{"partner_id":"acme","nbf":1699999820,"exp":1700000180}})",
        "",
        "null"}) {
    EXPECT_EQ(check_claims(claims), jwt_verdict::forged) << claims;
  }
}

TEST_F(jwt_check, gives_sixty_seconds_and_no_more_to_either_side) {
  const auto jwt = jwt_of(good_header, good_claims);
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s}), jwt_verdict::good);
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s} - 1us), jwt_verdict::expired);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s} - 1us), jwt_verdict::good);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s}), jwt_verdict::expired);
}

TEST_F(jwt_check, refuses_absurd_times) {
  const auto window = [&](const std::string& nbf, const std::string& exp) {
    return check_claims(R"({"partner_id":"acme","nbf":)" + nbf + R"(,"exp":)" + exp + "}");
  };
  EXPECT_EQ(window("1700000000", "1700000000"), jwt_verdict::forged);
  EXPECT_EQ(window("1700000010", "1700000000"), jwt_verdict::forged);
  EXPECT_EQ(window("0", "253402300799"), jwt_verdict::good) << "for how long isn't documented";
  EXPECT_EQ(window("-1", "1700000180"), jwt_verdict::forged);
  EXPECT_EQ(window("1699999820", "253402300800"), jwt_verdict::forged);
  EXPECT_EQ(window("9223372036854775807", "9223372036854775807"), jwt_verdict::forged);
  EXPECT_EQ(window("1699999820", "18446744073709551615"), jwt_verdict::forged);
  EXPECT_EQ(window("-9223372036854775808", "9223372036854775807"), jwt_verdict::forged);
}

TEST_F(jwt_check, wants_three_parts_in_strict_base64url) {
  const auto jwt = jwt_of(good_header, good_claims);
  ASSERT_EQ(check(jwt), jwt_verdict::good);
  const auto last = jwt.rfind('.');
  const auto text = jwt.substr(0, last);
  for (const auto& forged :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"..."}, text, text + ".",
        jwt + ".", "." + jwt, jwt + "=", jwt + "\n", " " + jwt, jwt.substr(0, jwt.size() - 1),
        jwt + "A", text + "." + jwt.substr(last + 1) + "AAAA", text + "=." + jwt.substr(last + 1),
        "Bearer " + jwt, std::string(8000, '.'), std::string(5000, 'A')}) {
    EXPECT_EQ(check(forged), jwt_verdict::forged) << forged;
  }
  // The last letter of 32 bytes has two bits that no byte uses: one writing alone is right.
  std::string other = jwt;
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  other.back() = alphabet[alphabet.find(jwt.back()) + 1];
  EXPECT_EQ(check(other), jwt_verdict::forged);
}

TEST_F(jwt_check, notices_every_changed_letter) {
  const auto jwt = jwt_of(good_header, good_claims);
  for (std::size_t i = 0; i < jwt.size(); ++i) {
    auto changed = jwt;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(check(changed), jwt_verdict::forged) << i;
  }
}

TEST_F(jwt_check, parses_nothing_that_is_not_signed) {
  EXPECT_EQ(check(signed_with("guess", R"({"alg":"none","typ":"JWT"})", good_claims)),
            jwt_verdict::forged);
  EXPECT_EQ(check(encoded(R"({"alg":"none","typ":"JWT"})") + "." + encoded(good_claims) + "."),
            jwt_verdict::forged);
}

}  // namespace
}  // namespace tokensyncd::source
