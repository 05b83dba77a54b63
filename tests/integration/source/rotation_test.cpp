// POST: once, over a connection of its own, and honest about what isn't known.
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "tests/integration/source/partner_source_fixture.hpp"

namespace tokensyncd::source {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto created =
    R"({"workspace_id":"acme-support","token":"t2","rotated_at":"2026-11-23T22:43:05Z"})";

std::string answer_of(std::string_view status_line, std::string_view body) {
  return "HTTP/1.1 " + std::string(status_line) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

bool is_post(std::string_view head) {
  return head.starts_with("POST ");
}

class rotation : public partner_source_test {
 protected:
  sync::rotation_answer rotate() { return run(source_->rotate("acme-support")); }
  std::size_t posts() {
    std::size_t count = 0;
    for (const auto& head : heads()) count += is_post(head) ? 1U : 0U;
    return count;
  }
  /// GET is answered well, POST with these bytes; none: the connection ends.
  void answer_posts_with(std::string bytes) {
    answer_with([bytes = std::move(bytes)](const std::string& head) {
      return is_post(head) ? bytes : tests::raw_connection::ok(good);
    });
  }
  /// Expects that POST with this answer was made once, and that nobody knows what it did.
  void expect_unknown_after(const std::string& bytes) {
    answer_posts_with(bytes);
    const auto before = posts();
    const auto got = rotate();
    ASSERT_FALSE(got.got.what.has_value()) << bytes;
    EXPECT_TRUE(got.may_have_rotated) << bytes;
    EXPECT_EQ(got.got.calls, 1U) << bytes;
    EXPECT_EQ(posts(), before + 1) << bytes;
  }
};

TEST_F(rotation, posts_once_without_a_body_and_takes_201) {
  answer_posts_with(answer_of("201 Created", created));
  const auto got = rotate();
  ASSERT_TRUE(got.got.what.has_value()) << got.got.what.error().sentence;
  EXPECT_EQ(got.got.what->token.reveal(), "t2");
  EXPECT_TRUE(got.got.what->rotated_at);
  EXPECT_FALSE(got.may_have_rotated);
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("POST /partner/api/v1/workspaces/acme-support/api-token HTTP"));
  EXPECT_THAT(heads()[0], HasSubstr("Content-Length: 0\r\n"));
  EXPECT_TRUE(is_signed(heads()[0], "one"));
}

TEST_F(rotation, takes_the_token_where_its_time_cannot_be_read) {
  answer_posts_with(answer_of(
      "201 Created", R"({"workspace_id":"acme-support","token":"t2","rotated_at":"yesterday"})"));
  const auto got = rotate();
  ASSERT_TRUE(got.got.what.has_value()) << got.got.what.error().sentence;
  EXPECT_EQ(got.got.what->token.reveal(), "t2");
  EXPECT_FALSE(got.got.what->rotated_at);
}

TEST_F(rotation, takes_any_2xx_and_no_rotated_at) {
  answer_posts_with(answer_of("200 OK", R"({"workspace_id":"acme-support","token":"t3"})"));
  const auto got = rotate();
  ASSERT_TRUE(got.got.what.has_value());
  EXPECT_FALSE(got.got.what->rotated_at);
}

TEST_F(rotation, has_a_connection_of_its_own_where_a_kept_one_may_be_closing) {
  answer_posts_with(answer_of("201 Created", created));
  ASSERT_TRUE(fetch().what.has_value());
  ASSERT_TRUE(fetch().what.has_value());
  EXPECT_EQ(server_.accepted(), 1U);
  ASSERT_TRUE(rotate().got.what.has_value());
  EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(rotation, is_never_repeated_where_the_connection_ends_before_the_answer) {
  expect_unknown_after("");
  EXPECT_EQ(server_.accepted(), 1U);
}

TEST_F(rotation, is_never_repeated_after_half_an_answer) {
  {
    const std::lock_guard hold{lock_};
    hangs_up_ = true;
  }
  expect_unknown_after("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{");
}

TEST_F(rotation, is_never_repeated_after_a_5xx_or_a_redirect) {
  expect_unknown_after(answer_of("500 Oops", "{}"));
  expect_unknown_after(answer_of("503 Later\r\nRetry-After: 1", "{}"));
  expect_unknown_after(answer_of("302 Found\r\nLocation: /", ""));
  expect_unknown_after(answer_of("408 Request Timeout", ""));
  expect_unknown_after(answer_of("500 Oops", R"({"error":"invalid_signature","status":500})"));
}

TEST_F(rotation, may_have_happened_where_the_answer_cannot_be_believed) {
  for (const auto* body : {"", "{}", "not json", R"({"workspace_id":"acme-sales","token":"t2"})",
                           R"({"workspace_id":"acme-support","token":""})",
                           R"({"workspace_id":"acme-support","token":"t2","token":"t3"})"}) {
    expect_unknown_after(answer_of("201 Created", body));
  }
}

TEST_F(rotation, is_asked_once_more_after_a_401_that_a_newer_secret_cures) {
  ASSERT_TRUE(fetch().what.has_value());
  put("secret", "two");
  answer_with([this](const std::string& head) {
    return is_signed(head, "two") ? answer_of("201 Created", created)
                                  : std::string(refused) + "\r\n{}";
  });
  const auto got = rotate();
  EXPECT_TRUE(got.got.what.has_value());
  EXPECT_EQ(got.got.calls, 2U);
  EXPECT_EQ(posts(), 2U);
}

TEST_F(rotation, is_asked_no_more_than_twice_and_a_refusal_did_nothing) {
  answer_posts_with(std::string(refused) + "\r\n{}");
  const auto got = rotate();
  ASSERT_FALSE(got.got.what.has_value());
  EXPECT_FALSE(got.may_have_rotated);
  EXPECT_EQ(got.got.calls, 2U) << "with the previous secret";
  EXPECT_EQ(posts(), 2U);
}

TEST_F(rotation, a_plain_refusal_is_not_repeated_and_did_nothing) {
  for (const auto* status : {"403 Forbidden", "404 Not Found", "405 No", "409 No", "429 Slow"}) {
    answer_posts_with(answer_of(status, R"({"error":"x","status":400})"));
    const auto before = posts();
    const auto got = rotate();
    ASSERT_FALSE(got.got.what.has_value()) << status;
    EXPECT_FALSE(got.may_have_rotated) << status;
    EXPECT_EQ(posts(), before + 1) << status;
  }
}

TEST_F(rotation, did_nothing_where_nobody_could_be_reached) {
  server_.stop();
  const auto got = rotate();
  ASSERT_FALSE(got.got.what.has_value());
  EXPECT_FALSE(got.may_have_rotated);
}

TEST_F(rotation, quotes_nothing_of_an_answer) {
  answer_posts_with(answer_of("201 Created", R"({"workspace_id":"x","token":"canary-token-1"})"));
  EXPECT_THAT(rotate().got.what.error().sentence, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace tokensyncd::source
