#include "daemon/source/auth/jwt_check.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/runtime/crypto.hpp"
#include "daemon/source/auth/jwt.hpp"

namespace tokensyncd::source {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;

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

  [[nodiscard]] jwt_status check(std::string_view jwt, wall_time at = now) const {
    return check_jwt(jwt, keys, "acme", at);
  }
  [[nodiscard]] jwt_status check_claims(std::string_view claims) const {
    return check(jwt_of(good_header, claims));
  }
  [[nodiscard]] jwt_status check_header(std::string_view header) const {
    return check(jwt_of(header, good_claims));
  }
};

TEST_F(jwt_check, believes_what_another_implementation_signed) {
  // Made with Python's hmac and base64; see jwt_test.cpp.
  EXPECT_EQ(check("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                  "eyJwYXJ0bmVyX2lkIjoiYWNtZSIsIm5iZiI6MTY5OTk5OTgyMCwiZXhwIjoxNzAwMDAwMTgwfQ."
                  "EF50fitzPvefWSIj3kJFxzFrEx9jn_dF7Io6pKlljAU"),
            jwt_status::good);
}

TEST_F(jwt_check, believes_our_own_and_the_previous_secrets) {
  EXPECT_EQ(check(make_jwt(current, "acme", now).reveal()), jwt_status::good);
  EXPECT_EQ(check(make_jwt(previous, "acme", now).reveal()), jwt_status::good);
  EXPECT_EQ(check(make_jwt(secret{"another"}, "acme", now).reveal()), jwt_status::bad_signature);
  keys = {&previous};
  EXPECT_EQ(check(make_jwt(current, "acme", now).reveal()), jwt_status::bad_signature);
}

TEST_F(jwt_check, believes_nothing_without_a_secret) {
  keys.clear();
  EXPECT_EQ(check(jwt_of(good_header, good_claims)), jwt_status::bad_signature);
  const secret none;
  keys = {&none};
  EXPECT_EQ(check(signed_with("", good_header, good_claims)), jwt_status::bad_signature);
}

TEST_F(jwt_check, takes_any_header_of_hs256) {
  for (const std::string_view header :
       {R"( {"typ" : "JWT", "\u0061lg":"HS256"} )", R"({"alg":"HS256"})",
        R"({"alg":"HS256","typ":"jwt"})", R"({"alg":"HS256","typ":"application/at+jwt"})",
        R"({"alg":"HS256","typ":null})", R"({"alg":"HS256","typ":"JWT","kid":"1"})",
        R"({"kid":["1"],"cty":"JWT","alg":"HS256","x5t":"abc","jku":"https://evil.invalid/"})"}) {
    EXPECT_EQ(check_header(header), jwt_status::good) << header;
  }
}

TEST_F(jwt_check, takes_no_other_algorithm_and_nothing_that_changes_the_rest) {
  for (const std::string_view header : {R"({"alg":"none","typ":"JWT"})",
                                        R"({"alg":"NONE","typ":"JWT"})",
                                        R"({"alg":"hs256","typ":"JWT"})",
                                        R"({"alg":"HS384","typ":"JWT"})",
                                        R"({"alg":"HS512","typ":"JWT"})",
                                        R"({"alg":"RS256","typ":"JWT"})",
                                        R"({"typ":"JWT"})",
                                        R"({"alg":null,"typ":"JWT"})",
                                        R"({"alg":["HS256"],"typ":"JWT"})",
                                        R"({"alg":"HS256","alg":"HS256","typ":"JWT"})",
                                        R"({"alg":"none","alg":"HS256","typ":"JWT"})",
                                        R"({"alg":"HS256","kid":"1","kid":"2"})",
                                        R"({"alg":"HS256","typ":"JWT","crit":["exp"]})",
                                        R"({"alg":"HS256","crit":[]})",
                                        R"({"alg":"HS256","crit":null})",
                                        R"({"alg":"HS256","typ":"JWT","b64":false})",
                                        R"({"alg":"HS256","b64":true})",
                                        R"(["HS256","JWT"])",
                                        R"("HS256")",
                                        "",
                                        R"({"alg":"HS256","typ":"JWT"}{})",
                                        R"({"alg":"HS256","typ":"JWT",})"}) {
    EXPECT_EQ(check_header(header), jwt_status::bad_header) << header;
  }
}

TEST_F(jwt_check, wants_each_claim_once_and_of_its_type) {
  EXPECT_EQ(check_claims(R"({"exp":1700000180,"nbf":1699999820,"partner_id":"acme","iat":1})"),
            jwt_status::good);
  for (const std::string_view claims :
       {R"({"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820})",
        R"({"partner_id":1,"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":["acme"],"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":"1699999820","exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":"1700000180"})",
        R"({"partner_id":"acme","nbf":null,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":true})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":NaN})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":Infinity})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":1e400})",
        R"({"partner_id":"acme","nbf":-1e400,"exp":1700000180})",
        R"({"partner_id":"evil","partner_id":"acme","nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":1,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"nbf":1699999820,"exp":1700000180})",
        R"({"partner_id":"acme","nbf":1699999820,"exp":1700000180,"iat":1,"iat":1})",
        R"({"x":{"partner_id":"acme","nbf":1699999820,"exp":1700000180}})",
        "",
        "null"}) {
    EXPECT_EQ(check_claims(claims), jwt_status::bad_claims) << claims;
  }
}

TEST_F(jwt_check, wants_our_partner_byte_for_byte) {
  for (const std::string_view partner : {"evil", "Acme", "acme ", "acme\\u0000", ""}) {
    EXPECT_EQ(check_claims(R"({"nbf":1699999820,"exp":1700000180,"partner_id":")" +
                           std::string(partner) + "\"}"),
              jwt_status::wrong_partner)
        << partner;
  }
}

TEST_F(jwt_check, takes_every_number_for_a_time) {
  for (const std::string_view times :
       {R"("nbf":1699999820.0,"exp":1700000180.0)", R"("nbf":1.69999982e9,"exp":1.70000018e9)",
        R"("nbf":1699999820.25,"exp":1700000180.999999)", R"("nbf":169999982E+1,"exp":17E8)",
        R"("nbf":-1,"exp":1700000180)", R"("nbf":-1e300,"exp":1e300)", R"("nbf":0,"exp":1e12)",
        R"("nbf":-0.0,"exp":18446744073709551615)", R"("nbf":1e-400,"exp":253402300800)",
        R"("nbf":-9223372036854775808,"exp":184467440737095516160)"}) {
    EXPECT_EQ(check_claims(R"({"partner_id":"acme",)" + std::string(times) + "}"), jwt_status::good)
        << times;
  }
}

TEST_F(jwt_check, heeds_the_fraction_of_a_second) {
  const auto jwt =
      jwt_of(good_header, R"({"partner_id":"acme","nbf":1699999820.5,"exp":1700000180.25})");
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s} + 500ms), jwt_status::good);
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s} + 499ms), jwt_status::not_yet_valid);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s} + 249ms), jwt_status::good);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s} + 250ms), jwt_status::expired);
}

TEST_F(jwt_check, gives_sixty_seconds_and_no_more_to_either_side) {
  const auto jwt = jwt_of(good_header, good_claims);
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s}), jwt_status::good);
  EXPECT_EQ(check(jwt, wall_time{1'699'999'760s} - 1us), jwt_status::not_yet_valid);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s} - 1us), jwt_status::good);
  EXPECT_EQ(check(jwt, wall_time{1'700'000'240s}), jwt_status::expired);
}

TEST_F(jwt_check, wants_exp_after_nbf) {
  const auto window = [&](const std::string& nbf, const std::string& exp) {
    return check_claims(R"({"partner_id":"acme","nbf":)" + nbf + R"(,"exp":)" + exp + "}");
  };
  EXPECT_EQ(window("1700000000", "1700000000"), jwt_status::bad_claims);
  EXPECT_EQ(window("1700000010", "1700000000"), jwt_status::bad_claims);
  EXPECT_EQ(window("1700000000.5", "1700000000.5"), jwt_status::bad_claims);
  EXPECT_EQ(window("0", "253402300799"), jwt_status::good) << "for how long isn't documented";
  EXPECT_EQ(window("9223372036854775807", "9223372036854775807"), jwt_status::bad_claims);
  EXPECT_EQ(window("1e300", "2e300"), jwt_status::not_yet_valid);
  EXPECT_EQ(window("-2e300", "-1e300"), jwt_status::expired);
}

TEST_F(jwt_check, wants_three_parts_in_strict_base64url) {
  const auto jwt = jwt_of(good_header, good_claims);
  ASSERT_EQ(check(jwt), jwt_status::good);
  const auto last = jwt.rfind('.');
  const auto text = jwt.substr(0, last);
  for (const auto& forged :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"..."}, text, text + ".",
        jwt + ".", "." + jwt, jwt + "=", jwt + "\n", " " + jwt, jwt.substr(0, jwt.size() - 1),
        jwt + "A", text + "." + jwt.substr(last + 1) + "AAAA", text + "=." + jwt.substr(last + 1),
        "Bearer " + jwt, std::string(8000, '.'), std::string(5000, 'A')}) {
    EXPECT_THAT(check(forged), AnyOf(jwt_status::not_signed, jwt_status::bad_signature)) << forged;
  }
  for (const auto* none : {"", "a.b.c", "e30", "e30.e30", "..", "eyJh.e30.e30"}) {
    EXPECT_EQ(check(none), jwt_status::not_signed) << none;
  }
  // The last letter of 32 bytes has two bits that no byte uses: one writing alone is right.
  std::string other = jwt;
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  other.back() = alphabet[alphabet.find(jwt.back()) + 1];
  EXPECT_EQ(check(other), jwt_status::bad_signature);
}

TEST_F(jwt_check, notices_every_changed_letter) {
  const auto jwt = jwt_of(good_header, good_claims);
  for (std::size_t i = 0; i < jwt.size(); ++i) {
    auto changed = jwt;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(check(changed), jwt_status::good) << i;
  }
}

TEST_F(jwt_check, tells_another_algorithm_from_another_key) {
  EXPECT_EQ(check(signed_with("guess", good_header, good_claims)), jwt_status::bad_signature);
  EXPECT_EQ(check(signed_with("guess", good_header, "no claims")), jwt_status::bad_signature)
      << "no claim is read before the signature is right";
  EXPECT_EQ(check(signed_with("guess", R"({"alg":"none","typ":"JWT"})", good_claims)),
            jwt_status::bad_header);
  EXPECT_EQ(check(encoded(R"({"alg":"none","typ":"JWT"})") + "." + encoded(good_claims) + "."),
            jwt_status::bad_header);
  EXPECT_EQ(check(encoded(R"({"alg":"HS512"})") + "." + encoded(good_claims) + "." +
                  std::string(86, 'A')),
            jwt_status::bad_header);
}

}  // namespace
}  // namespace tokensyncd::source
