#include "daemon/source/verification.hpp"

#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

using sync::token_state;
using testing::HasSubstr;
using testing::Not;

token_state judged(unsigned status, std::string_view body = "{}") {
  const auto got = read_verification({status, body}, "acme");
  EXPECT_EQ(got.why.has_value(), got.how != token_state::works) << status;
  return got.how;
}

TEST(verification, a_token_works_by_any_2xx_in_json) {
  EXPECT_EQ(judged(200, R"({"status":"ok","data":{"workspace_id":17}})"), token_state::works);
  EXPECT_EQ(judged(204, "{}"), token_state::works);
  EXPECT_EQ(judged(200, "<html>"), token_state::unknown);
  EXPECT_EQ(judged(200, ""), token_state::unknown);
}

TEST(verification, a_token_is_refused_by_a_401_whatever_its_body_and_by_nothing_else) {
  EXPECT_EQ(judged(401), token_state::refused);
  EXPECT_EQ(judged(401, "<html>"), token_state::refused);
  for (const unsigned status : {302U, 400U, 403U, 404U, 408U, 429U, 500U, 503U}) {
    EXPECT_EQ(judged(status), token_state::unknown) << status;
  }
}

TEST(verification, names_the_workspace_and_quotes_nothing) {
  const auto got = read_verification({401, R"({"message":"canary"})"}, "acme");
  EXPECT_THAT(got.why->sentence, HasSubstr("workspace acme"));
  EXPECT_THAT(got.why->sentence, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace tokensyncd::source
