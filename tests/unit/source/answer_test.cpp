#include "daemon/source/answer.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

class token_answer : public testing::Test {
 protected:
  result<sync::observation> read(std::string_view body, const body_digest* accepted = nullptr,
                                 unsigned status = 200) {
    received answer;
    answer.status = status;
    answer.body = body;
    sync::fetch_request what;
    what.workspace = "acme";
    what.accepted = accepted;
    return read_token_answer(answer, what, hasher_);
  }

  void expect_malformed(std::string_view body) {
    const auto got = read(body);
    ASSERT_FALSE(got.has_value()) << body;
    EXPECT_EQ(got.error().kind, failure_kind::malformed) << body;
    EXPECT_EQ(got.error().sentence.find("canary"), std::string::npos) << body;
    EXPECT_NE(got.error().sentence.find("acme"), std::string::npos) << body;
  }

  void expect_token(std::string_view body, std::string_view token) {
    const auto got = read(body);
    ASSERT_TRUE(got.has_value()) << body;
    EXPECT_EQ(got->token.reveal(), token) << body;
    EXPECT_FALSE(got->same_bytes);
  }

  body_hasher hasher_;
};

constexpr std::string_view good = R"({"workspace_id":"acme","token":"t1"})";

TEST_F(token_answer, is_believed_with_any_2xx_and_whatever_else_it_holds) {
  for (const unsigned status : {200U, 201U, 206U, 299U})
    EXPECT_TRUE(read(good, nullptr, status).has_value()) << status;
  expect_token(" \r\n{ \"token\" : \"t1\" , \"workspace_id\" : \"acme\" }\n\t ", "t1");
  expect_token(
      R"({"workspace_id":"acme","x":{"token":"canary","y":[{"token":"canary"},1.5e3,true]},"token":"t1"})",
      "t1");
  expect_token(R"({"workspace_id":"acme","token":"t\u002d1\/","error":null})", "t-1/");
  expect_token(R"({"workspace_id":"\u0061cme","token":"t1"})", "t1");
  expect_token("{\"workspace_id\":\"acme\",\"token\":\"\xF0\x9F\x94\x91 \xC3\xBC\"}",
               "\xF0\x9F\x94\x91 \xC3\xBC");
}

TEST_F(token_answer, takes_an_absent_or_null_rotated_at_as_no_information) {
  EXPECT_EQ(read(good)->rotated_at, std::nullopt);
  EXPECT_EQ(read(R"({"workspace_id":"acme","token":"t1","rotated_at":null})")->rotated_at,
            std::nullopt);
  EXPECT_EQ(
      read(R"({"workspace_id":"acme","token":"t1","rotated_at":"2023-11-15T00:13:20.5+02:00"})")
          ->rotated_at,
      parse_rfc3339("2023-11-14T22:13:20.5Z"));
}

TEST_F(token_answer, is_malformed_unless_it_is_one_json_object_without_a_key_twice) {
  const std::string text(good);
  for (const auto& body : std::vector<std::string>{
           "",
           " ",
           "canary",
           "null",
           "1",
           "\"canary\"",
           "[]",
           "[" + text + "]",
           text + "canary",
           text + text,
           text + "{}",
           text.substr(0, text.size() - 1),
           text + std::string(1, '\0'),
           "\xEF\xBB\xBF" + text,
           "{}",
           "{" + text + "}",
           R"({"workspace_id":"acme","token":"t1",})",
           R"({'workspace_id':'acme','token':'t1'})",
           R"({"workspace_id":"acme","token":"t1"/**/})",
           R"({"workspace_id":"acme","token":"canary","token":"t1"})",
           R"({"workspace_id":"acme","token":"canary","\u0074oken":"t1"})",
           R"({"workspace_id":"acme","workspace_id":"other","token":"t1"})",
           R"({"workspace_id":"acme","token":"t1","x":1,"x":1})",
           R"({"workspace_id":"acme","token":"t1","x":{"y":1,"y":2}})",
           R"({"workspace_id":"acme","token":"t1","x":[{"y":1,"z":{},"y":2}]})",
           "{\"workspace_id\":\"acme\",\"token\":\"t1\",\"x\":\"\xC3\x28\"}",
           "{\"workspace_id\":\"acme\",\"token\":\"t1\xFF\"}",
           "{\"workspace_id\":\"acme\",\"token\":\"t\xED\xA0\x80\"}",
           R"({"workspace_id":"acme","token":"t1\ud800"})",
           "{\"workspace_id\":\"acme\",\"token\":\"t1\n\"}",
           R"({"workspace_id":"acme","token":"t1","x":)" + std::string(100'000, '[')}) {
    expect_malformed(body);
  }
}

TEST_F(token_answer, allows_the_same_key_in_different_objects) {
  expect_token(
      R"({"a":{"k":1,"l":{"k":2}},"b":{"k":1},"workspace_id":"acme","c":[{"k":1},{"k":2}],"token":"t1"})",
      "t1");
}

TEST_F(token_answer, is_malformed_when_it_holds_more_keys_or_depth_than_any_honest_one) {
  std::string keys = R"({"workspace_id":"acme","token":"t1")";
  for (int i = 0; i < 254; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  expect_token(keys + "}", "t1");
  expect_malformed(keys + ",\"one more\":0}");
  const auto nested = [](std::size_t depth) {
    return R"({"workspace_id":"acme","token":"t1","x":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  expect_token(nested(15), "t1");
  expect_malformed(nested(16));
}

TEST_F(token_answer, is_malformed_for_another_workspace_byte_for_byte) {
  for (const auto* id : {R"("other")", R"("ACME")", R"("acme ")", R"("")", R"("acme\u0000")",
                         "null", "1", R"(["acme"])", R"({"id":"acme"})"})
    expect_malformed(std::string(R"({"workspace_id":)") + id + R"(,"token":"canary"})");
  expect_malformed(R"({"token":"canary"})");
}

TEST_F(token_answer, is_malformed_without_a_token_that_can_be_delivered) {
  const auto with = [](std::string_view token) {
    return R"({"workspace_id":"acme","token":)" + std::string(token) + "}";
  };
  for (const auto* token :
       {"null", "1", "true", "[]", R"({"value":"canary"})", R"("")", R"(" ")", R"("\u00a0\u2003 ")",
        R"("canary\u0000")", R"("canary\n")", R"("canary\u001f")", R"("canary\u007f")",
        R"("canary\u0080")", R"("canary\u009f")"})
    expect_malformed(with(token));
  expect_malformed(R"({"workspace_id":"acme"})");
  expect_token(with('"' + std::string(4096, 'x') + '"'), std::string(4096, 'x'));
  expect_malformed(with('"' + std::string(4097, 'x') + '"'));
  expect_token(with(R"("\u00a0x")"), "\xC2\xA0x");
}

std::string rotated_at(std::string_view when) {
  return std::string(R"({"workspace_id":"acme","token":"t1","rotated_at":)").append(when) + "}";
}

TEST_F(token_answer, takes_a_rotated_at_that_is_no_time_as_no_information) {
  for (const auto* when : {R"("")", R"("yesterday")", "1700000000", "1.7e9", "-1", "false", "{}",
                           "[]", R"("1700000000")", R"("2023-11-14")", R"("2023-11-14T22:13:20")",
                           R"("2023-11-14T22:13:20+0000")", R"("2023-11-14T22:13:20Z canary")"}) {
    const auto body = rotated_at(when);
    const auto got = read(body);
    ASSERT_TRUE(got.has_value()) << body;
    EXPECT_EQ(got->token.reveal(), "t1") << body;
    EXPECT_EQ(got->rotated_at, std::nullopt) << body;
    EXPECT_TRUE(got->rotated_at_unreadable) << body;
  }
  EXPECT_FALSE(read(good)->rotated_at_unreadable);
  EXPECT_FALSE(read(rotated_at("null"))->rotated_at_unreadable);
  expect_malformed(rotated_at(R"("2023-11-14T22:13:20Z","rotated_at":null)"));
}

TEST_F(token_answer, takes_every_time_of_rfc_3339) {
  for (const auto* when :
       {"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"}) {
    const auto body = rotated_at('"' + std::string(when) + '"');
    const auto got = read(body);
    ASSERT_TRUE(got.has_value()) << body;
    EXPECT_TRUE(got->rotated_at.has_value()) << body;
    EXPECT_FALSE(got->rotated_at_unreadable) << body;
  }
}

TEST_F(token_answer, is_malformed_when_it_is_encoded) {
  received answer;
  answer.status = 200;
  answer.body = good;
  sync::fetch_request what;
  what.workspace = "acme";
  answer.content_encoding = "identity";
  const auto plain = read_token_answer(answer, what, hasher_);
  ASSERT_TRUE(plain.has_value());
  what.accepted = &plain->body;
  for (const auto* encoding : {"gzip", "br", "identity, gzip", "identity gzip", "identit", "x"}) {
    answer.content_encoding = encoding;
    EXPECT_EQ(read_token_answer(answer, what, hasher_).error().kind, failure_kind::malformed);
  }
}

TEST_F(token_answer, is_not_encoded_where_it_says_so_in_whatever_way) {
  received answer;
  answer.status = 200;
  answer.body = good;
  sync::fetch_request what;
  what.workspace = "acme";
  for (const auto* encoding : {"identity", "Identity", "", " ", ",", "identity, IDENTITY",
                               ",identity,\t,", "identity\t,identity"}) {
    answer.content_encoding = encoding;
    EXPECT_TRUE(read_token_answer(answer, what, hasher_).has_value()) << encoding;
  }
}

TEST_F(token_answer, of_the_accepted_bytes_is_not_parsed) {
  const auto first = read(good);
  const auto again = read(good, &first->body);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->same_bytes);
  EXPECT_TRUE(again->token.empty());
  const auto other = read(R"({"workspace_id":"acme","token":"t2"})", &first->body);
  EXPECT_FALSE(other->same_bytes);
  EXPECT_EQ(other->token.reveal(), "t2");
  EXPECT_FALSE(read(good, &first->body, 500).has_value()) << "only a 2xx may be the same";
}

TEST(details_answer, is_granted_by_any_whole_json_object) {
  received answer;
  answer.status = 200;
  answer.body = R"({"workspace_id":"acme","name":"Acme"})";
  EXPECT_TRUE(read_details_answer(answer, "acme").has_value());
  answer.body = "<html>canary</html>";
  EXPECT_EQ(read_details_answer(answer, "acme").error().kind, failure_kind::malformed);
  answer.status = 401;
  EXPECT_EQ(read_details_answer(answer, "acme").error().kind, failure_kind::unauthorized);
}

}  // namespace
}  // namespace tokensyncd::source
