#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "tests/integration/source/partner_source_fixture.hpp"

namespace tokensyncd::source {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(partner_source_test, gets_a_token_with_one_signed_request) {
  const auto got = fetch();
  ASSERT_TRUE(got.what.has_value()) << got.what.error().sentence;
  EXPECT_EQ(got.what->token.reveal(), "t1");
  EXPECT_EQ(got.calls, 1U);
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("GET /partner/api/v1/workspaces/acme-support/api-token HTTP"));
  EXPECT_THAT(heads()[0], HasSubstr("X-TL-Partner-Id: acme\r\n"));
  EXPECT_TRUE(is_signed(heads()[0], "one"));
}

TEST_F(partner_source_test, takes_a_secret_that_was_replaced_while_it_runs) {
  ASSERT_TRUE(fetch().what.has_value());
  put("secret", "two");
  answer_with([this](const std::string& head) {
    return is_signed(head, "two") ? tests::raw_connection::ok(good)
                                  : std::string(refused) + "\r\n{}";
  });
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 2U);
  EXPECT_EQ(fetch().calls, 1U);
}

TEST_F(partner_source_test, tries_the_previous_secret_and_stays_with_it) {
  answer_with([this](const std::string& head) {
    return is_signed(head, "zero") ? tests::raw_connection::ok(good)
                                   : std::string(refused) + "\r\n{}";
  });
  EXPECT_EQ(fetch().calls, 2U);
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 1U);
}

TEST_F(partner_source_test, corrects_for_the_apis_clock_but_not_from_a_cached_answer) {
  // 2026-11-23T22:43:05Z is ours.
  const std::string date = "Date: Mon, 23 Nov 2026 23:43:05 GMT\r\n";
  const std::string code = R"({"error":"timestamp_out_of_range","status":401})";
  std::string more = "Age: 5\r\n";
  answer_with([&](const std::string& head) {
    return is_signed(head, "one", 1h)
               ? tests::raw_connection::ok(good)
               : "HTTP/1.1 401 X\r\n" + date + more +
                     "Content-Length: " + std::to_string(code.size()) + "\r\n\r\n" + code;
  });
  const auto cached = fetch();
  EXPECT_EQ(cached.what.error().kind, failure_kind::clock_skew);
  EXPECT_EQ(cached.calls, 1U);
  {
    const std::lock_guard hold{lock_};
    more.clear();
  }
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 2U);
  EXPECT_EQ(got.clock_skew, 1h);
}

TEST_F(partner_source_test, forgets_a_wrong_date_when_answers_without_one_refuse_it) {
  const std::string code = R"({"error":"token_not_active_yet","status":403})";
  std::string date = "Date: Fri, 23 Oct 2026 22:43:05 GMT\r\n";
  bool refuses = true;
  answer_with([&](const std::string& head) {
    if (!refuses && is_signed(head, "one")) return tests::raw_connection::ok(good);
    return "HTTP/1.1 403 X\r\n" + date + "Content-Length: " + std::to_string(code.size()) +
           "\r\n\r\n" + code;
  });
  EXPECT_EQ(fetch().what.error().kind, failure_kind::clock_skew);
  {
    const std::lock_guard hold{lock_};
    date.clear();
    refuses = false;
  }
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.clock_skew, 0s);
}

TEST_F(partner_source_test, asks_twice_at_most_and_shows_no_secret_when_refused) {
  put("secret", "canary-secret-1");
  answer_with([](const std::string& head) {
    return "HTTP/1.1 401 X\r\nContent-Length: " + std::to_string(head.size()) + "\r\n\r\n" + head;
  });
  const auto got = fetch();
  ASSERT_FALSE(got.what.has_value());
  EXPECT_EQ(got.what.error().kind, failure_kind::unauthorized);
  EXPECT_EQ(got.calls, 2U);
  EXPECT_THAT(got.what.error().sentence, Not(HasSubstr("canary")));
  EXPECT_THAT(got.what.error().sentence, Not(HasSubstr("eyJ")));
}

TEST_F(partner_source_test, leaves_a_connection_on_which_the_edge_refused_it) {
  answer_with([](const std::string&) {
    return "HTTP/1.1 403 Forbidden\r\nRetry-After: 7\r\nContent-Length: 6\r\n\r\n<html>";
  });
  const auto got = fetch();
  EXPECT_EQ(got.what.error().kind, failure_kind::edge_refused);
  EXPECT_EQ(got.retry_after, 7s);
  fetch();
  EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(partner_source_test, leaves_a_connection_that_brought_what_is_no_answer_to_it) {
  unsigned connections = 0;
  for (const std::string body :
       {R"({"workspace_id":"another","token":"t1"})", "{", "<html>", R"({"token":"t1"})"}) {
    answer_with([&](const std::string&) { return tests::raw_connection::ok(body); });
    EXPECT_EQ(fetch().what.error().kind, failure_kind::malformed);
    EXPECT_EQ(server_.accepted(), ++connections) << body;
  }
  answer_with([](const std::string&) { return tests::raw_connection::ok(good); });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(fetch().what.has_value());
  EXPECT_EQ(server_.accepted(), connections + 1);
}

TEST_F(partner_source_test, probes_without_ever_creating_a_token) {
  EXPECT_TRUE(run(source_->probe("acme-support")).has_value());
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("GET /partner/api/v1/workspaces/acme-support HTTP"));
}

TEST_F(partner_source_test, tells_once_of_a_version_that_it_does_not_know) {
  answer_with([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nX-TL-API-Version: v2\r\nContent-Length: " +
           std::to_string(std::string_view(good).size()) + "\r\n\r\n" + good;
  });
  EXPECT_TRUE(fetch().what.has_value());
  EXPECT_TRUE(fetch().what.has_value());
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(partner_source_test, asks_nothing_while_there_is_no_secret) {
  std::filesystem::remove(directory_ / "secret");
  std::filesystem::remove(directory_ / "previous");
  EXPECT_FALSE(source_->look_at_secrets().has_value());
  const auto got = fetch();
  EXPECT_EQ(got.what.error().kind, failure_kind::bad_signature);
  EXPECT_EQ(got.calls, 0U);
  EXPECT_TRUE(heads().empty());
}

}  // namespace
}  // namespace tokensyncd::source
