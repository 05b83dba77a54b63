// The vendor's events against the whole program: what they bring, what they cost, what forged ones
// do.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/webhook_fixture.hpp"

namespace tokensyncd::tests {
namespace {

TEST_F(webhook_test, a_rotation_with_an_event_arrives_long_before_the_next_poll) {
  api_.rotate("acme");
  const auto answer = send(port_, {});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(is_delivered());
  EXPECT_EQ(requests("accepted"), 1);
  EXPECT_EQ(
      daemon_.metric("tokensyncd_token_rotations_total{workspace=\"acme\",trigger=\"webhook\"}"),
      1);
  EXPECT_EQ(daemon_.metric("tokensyncd_webhook_missed_total"), 0);
}

TEST_F(webhook_test, all_series_are_there_from_the_start) {
  const auto all = daemon_.metrics();
  for (const auto* result : {"accepted", "ignored", "duplicate", "not_signed", "bad_signature",
                             "bad_header", "bad_claims", "wrong_partner", "not_yet_valid",
                             "expired", "unknown_workspace", "malformed", "too_large"}) {
    const auto name = std::string("tokensyncd_webhook_requests_total{result=\"") + result + "\"}";
    ASSERT_TRUE(all.contains(name)) << name;
    EXPECT_EQ(all.at(name), 0) << name;
  }
  EXPECT_TRUE(all.contains("tokensyncd_webhook_missed_total"));
}

TEST_F(webhook_test, a_thousand_copies_cause_few_calls) {
  api_.rotate("acme");
  const auto bytes = request_of({});
  const auto begin = std::chrono::steady_clock::now();
  vendor_event copy;
  // One signature for all: that is what makes them copies.
  const auto etag = bytes.find("X-TL-Signature: ") + 16;
  copy.signature = bytes.substr(etag, bytes.find("\r\n", etag) - etag);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(tell(copy), 200U);
  EXPECT_TRUE(is_delivered());
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(asked(), 2U + static_cast<std::uint64_t>(took / std::chrono::milliseconds(250)));
  EXPECT_EQ(requests("accepted"), 1);
  EXPECT_EQ(requests("duplicate"), 999);
}

TEST_F(webhook_test, no_forgery_causes_a_call) {
  const std::string large(16 * 1024 + 1, ' ');
  const std::vector<std::pair<unsigned, vendor_event>> forgeries{
      {401, {.secret = "guessed"}},
      {401, {.secret = ""}},
      {401, {.jwt_header = R"({"alg":"none","typ":"JWT"})"}},
      {401, {.jwt_header = R"({"alg":"HS512","typ":"JWT"})"}},
      {401, {.jwt_header = R"({"alg":"HS256","typ":"JWT","crit":["exp"]})"}},
      {401, {.jwt_header = R"({"alg":"HS256","alg":"HS256","typ":"JWT"})"}},
      {401, {.jwt_partner = "evil"}},
      {401, {.jwt_partner = R"(acme","partner_id":"acme)"}},
      {401, {.partner_header = "evil"}},
      {401, {.partner_header = ""}},
      {401, {.signature = ""}},
      {401, {.signature = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30."}},
      {401, {.signature = "a.b.c"}},
      {401, {.nbf_from_now = -600, .exp_from_now = -61}},
      {401, {.nbf_from_now = 120, .exp_from_now = 600}},
      {401, {.nbf_from_now = 10, .exp_from_now = -10}},
      {400, {.body_partner = "evil"}},
      {400, {.body = "not json"}},
      {400, {.body = R"({"workspace_id":"acme","event_type":"api_token:rotated"})"}},
      {400,
       {.body = R"({"workspace_id":"acme","workspace_id":"acme","event_type":"api_token:rotated",)"
                R"("partner_id":"acme"})"}},
      {413, {.body = large}},
      {405, {.method = "GET"}},
      {405, {.method = "PUT"}},
      {404, {.path = "/"}},
      {404, {.path = "/webhooks/timelines/"}},
      {200, {.workspace = "not-ours"}},
      {200, {.type = "workspace:seats_full"}},
  };
  for (const auto& [status, what] : forgeries) {
    EXPECT_EQ(tell(what), status) << request_of(what).substr(0, 600);
  }
  // What came after all of them is the proof that none of them was still on its way.
  api_.rotate("acme");
  EXPECT_EQ(tell(), 200U);
  EXPECT_TRUE(is_delivered());
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(requests("not_signed"), 2);
  EXPECT_EQ(requests("bad_signature"), 2);
  EXPECT_EQ(requests("bad_header"), 5);
  EXPECT_EQ(requests("bad_claims"), 2);
  EXPECT_EQ(requests("wrong_partner"), 4);
  EXPECT_EQ(requests("not_yet_valid"), 1);
  EXPECT_EQ(requests("expired"), 1);
  EXPECT_EQ(requests("malformed"), 3);
  EXPECT_EQ(requests("too_large"), 1);
  EXPECT_EQ(requests("unknown_workspace"), 1);
  EXPECT_EQ(requests("ignored"), 1);
}

TEST_F(webhook_test, what_is_sent_is_not_in_the_log_and_refusals_are_logged_a_few_times) {
  vendor_event forged;
  forged.secret = "guessed-by-somebody";
  forged.workspace = "said-by-somebody";
  for (int i = 0; i < 50; ++i) EXPECT_EQ(tell(forged), 401U);
  const auto refused = [this] {
    const auto said = daemon_.all_output();
    std::size_t count = 0;
    for (auto at = said.find("webhook.refused"); at != std::string::npos;
         at = said.find("webhook.refused", at + 1))
      ++count;
    return count;
  };
  EXPECT_TRUE(eventually([&] { return refused() >= 5; }));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_LE(refused(), 6U);
  EXPECT_EQ(daemon_.all_output().find("said-by-somebody"), std::string::npos);
  EXPECT_EQ(daemon_.all_output().find("eyJ"), std::string::npos);
}

TEST_F(webhook_test, waits_for_the_end_of_a_throttle) {
  api_.when_anyone().answer(429, "too_many").retry_after("2").times(1);
  (void)daemon_.ask("/-/sync/acme", "POST");
  ASSERT_TRUE(eventually([this] { return api_.answered("GET token 429") == 1; }));
  api_.rotate("acme");
  EXPECT_EQ(tell(), 200U);
  EXPECT_TRUE(is_delivered());
  const auto log = api_.log("acme");
  ASSERT_GE(log.size(), 2U);
  EXPECT_GE(log[1].at_ns - log[0].at_ns, 1'900'000'000);
}

TEST_F(webhook_test, an_old_answer_after_the_event_is_asked_for_again) {
  EXPECT_EQ(tell(), 200U);
  ASSERT_TRUE(eventually([this] { return asked() >= 3; }));
  api_.rotate("acme");
  EXPECT_TRUE(is_delivered()) << "though the event came before the API knew of it";
}

TEST_F(webhook_test, an_event_during_a_question_has_another_one_asked) {
  api_.when("acme").held().times(1);
  (void)daemon_.ask("/-/sync/acme", "POST");
  ASSERT_TRUE(eventually([this] { return api_.held() == 1; }));
  api_.rotate("acme");
  EXPECT_EQ(tell(), 200U);
  EXPECT_EQ(asked(), 1U);
  api_.release();
  EXPECT_TRUE(is_delivered());
}

TEST_F(webhook_test, of_the_sandbox_come_with_their_rotation_before_it_late_and_in_copies) {
  const auto event = [this](boost::json::object more) {
    more["port"] = port_;
    more["workspace"] = "acme";
    (void)api_.control("POST", "events", more);
    const auto done = [this] { return api_.control("GET", "events").at("pending") == 0; };
    EXPECT_TRUE(eventually(done));
    EXPECT_TRUE(is_delivered());
  };
  event({{"rotate", "before"}});
  event({{"rotate", "before"}, {"delay_ms", 50}, {"nbf_s", -170}});
  event({{"rotate", "after"}, {"nbf_s", -160}});
  event({{"rotate", "before"}, {"copies", 100}, {"nbf_s", -150}});
  event({{"secret", "guessed"}});
  const auto sent = api_.control("GET", "events");
  EXPECT_EQ(sent.at("failed"), 0);
  EXPECT_EQ(sent.at("answers").at("200"), 103);
  EXPECT_EQ(sent.at("answers").at("401"), 1);
}

TEST_F(webhook_test, two_rotations_in_a_row_bring_the_second_token) {
  for (int i = 0; i < 20; ++i) {
    api_.rotate("acme");
    vendor_event first;
    first.exp_from_now = 100 + 2 * i;
    EXPECT_EQ(tell(first), 200U);
    api_.rotate("acme");
    vendor_event second;
    second.exp_from_now = 101 + 2 * i;
    EXPECT_EQ(tell(second), 200U);
    ASSERT_TRUE(is_delivered()) << i;
  }
  EXPECT_EQ(requests("accepted"), 40);
}

TEST_F(webhook_test, events_out_of_order_bring_the_newest_token) {
  api_.rotate("acme");
  vendor_event second;
  second.exp_from_now = 170;
  EXPECT_EQ(tell(second), 200U);
  EXPECT_TRUE(is_delivered());
  api_.rotate("acme");
  EXPECT_EQ(tell(), 200U) << "the one for the rotation before, late";
  EXPECT_TRUE(is_delivered());
}

}  // namespace
}  // namespace tokensyncd::tests
