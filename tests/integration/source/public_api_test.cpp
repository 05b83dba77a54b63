#include "daemon/source/public_api.hpp"

#include <string>

#include <gmock/gmock.h>

#include "tests/integration/source/partner_source_fixture.hpp"

namespace tokensyncd::source {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class public_api_test : public partner_source_test {
 protected:
  public_api_test() {
    http::client_options options;
    options.origin = "https://localhost:" + std::to_string(server_.port());
    options.tls.ca_file = authority_.file();
    auto client = std::make_unique<http::client>(loop_, options);
    api_ = std::make_unique<public_api>(std::move(client), options.origin + "/integrations/api");
  }
  sync::verification verify() { return run(api_->verify("acme-support", token_)); }

  secret token_{"canary-token"};
  std::unique_ptr<public_api> api_;
};

TEST_F(public_api_test, asks_with_the_token_and_nothing_of_the_partners) {
  answer_with([](const std::string&) { return tests::raw_connection::ok(R"({"status":"ok"})"); });
  EXPECT_EQ(verify().how, sync::token_state::works);
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("GET /integrations/api/workspace HTTP/1.1\r\n"));
  EXPECT_THAT(heads()[0], HasSubstr("Authorization: Bearer canary-token\r\n"));
  EXPECT_THAT(heads()[0], Not(HasSubstr("Partner")));
}

TEST_F(public_api_test, leaves_a_connection_that_brought_what_is_no_answer_to_it) {
  answer_with([](const std::string&) { return tests::raw_connection::ok("<html>"); });
  EXPECT_EQ(verify().how, sync::token_state::unknown);
  answer_with([](const std::string&) { return tests::raw_connection::ok(R"({"status":"ok"})"); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify().how, sync::token_state::works);
  EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(public_api_test, cannot_tell_without_an_answer_and_shows_no_token) {
  answer_with([](const std::string&) { return std::string(); });
  const auto got = verify();
  EXPECT_EQ(got.how, sync::token_state::unknown);
  ASSERT_TRUE(got.why);
  EXPECT_THAT(got.why->sentence, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace tokensyncd::source
