// The vendor's events against the whole program: what they bring, what they cost, what forged ones
// do.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/blocking_socket.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_call.hpp"
#include "tests/support/vendor_event.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

namespace fs = std::filesystem;

/// A daemon that polls once an hour, so that what happens at once was brought by an event.
class webhook_test : public testing::Test {
 protected:
  void SetUp() override {
    api_.rotate("acme");
    configure("webhook: {listen: [\"127.0.0.1:0\"]}\n");
    daemon_.start();
    ASSERT_TRUE(is_delivered());
    port_ = daemon_.webhook_port();
    api_.forget_log();
  }

  void configure(const std::string& webhook) {
    auto options = daemon_.options();
    options.more = webhook;
    daemon_.configure(options);
  }
  bool is_delivered() {
    return eventually([&] { return daemon_.delivered("acme") == api_.token("acme"); });
  }
  [[nodiscard]] double requests(const std::string& result) const {
    return daemon_.metric("tokensyncd_webhook_requests_total{result=\"" + result + "\"}");
  }
  unsigned tell(const vendor_event& what = {}) { return send(port_, what).status; }
  /// How many questions came to the API.
  std::uint64_t asked() { return api_.count("requests"); }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}, .interval = "1h", .rate_limit = "20/s"}};
  std::uint16_t port_ = 0;
};

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
  const auto mark = bytes.find("X-TL-Signature: ") + 16;
  copy.signature = bytes.substr(mark, bytes.find("\r\n", mark) - mark);
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

TEST_F(webhook_test, a_new_partner_secret_counts_at_once_and_the_previous_one_as_well) {
  api_.set({{"partner_secret", "the-new-partner-secret"}});
  vendor_event what;
  what.secret = "the-new-partner-secret";
  EXPECT_EQ(tell(what), 401U);
  write_file(daemon_.secret_file(), "the-new-partner-secret\n");
  api_.rotate("acme");
  EXPECT_TRUE(eventually([&] { return tell(what) == 200U; }));
  EXPECT_TRUE(is_delivered());
  EXPECT_EQ(tell(), 401U) << "the old secret is nobody's";

  write_file(daemon_.directory() / "before", "sandbox-partner-secret\n");
  auto options = daemon_.options();
  options.partner_more = "previous_secret_file: before\n";
  daemon_.configure(options);
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(tell(), 200U);
  EXPECT_EQ(tell(what), 200U);
}

TEST_F(webhook_test, answers_the_health_checks_of_haproxy_and_nginx) {
  const auto status_of = [this](const std::string& request) {
    const blocking_socket one{"127.0.0.1:" + std::to_string(port_)};
    one.write(request);
    return parse_answer(one.read_all()).status;
  };
  // option httpchk GET /healthz; the same as HAProxy writes it with `ver HTTP/1.1 hdr Host …`.
  EXPECT_EQ(status_of("GET /healthz HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("HEAD /healthz HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /healthz HTTP/1.1\r\nHost: hook\r\nConnection: close\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("HEAD / HTTP/1.1\r\nHost: hook\r\nConnection: close\r\n\r\n"), 405U);
  configure("webhook: {listen: [\"127.0.0.1:0\"], health_path: /alive}\n");
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(status_of("GET /alive HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /healthz HTTP/1.0\r\n\r\n"), 405U);
  for (const auto& [name, value] : daemon_.metrics()) {
    if (name.starts_with("tokensyncd_webhook_requests_total")) {
      EXPECT_EQ(value, 0) << name;
    }
  }
}

TEST_F(webhook_test, a_reload_moves_the_path_and_never_the_address) {
  configure("webhook: {listen: [\"127.0.0.1:0\"], path: /moved}\n");
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(tell(), 404U);
  EXPECT_EQ(tell({.path = "/moved"}), 200U);
  configure("webhook: {listen: [\"127.0.0.2:0\"]}\n");
  const auto refused = daemon_.command({"reload"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("webhook.listen"), std::string::npos) << refused.errors;
  EXPECT_EQ(tell({.path = "/moved"}), 200U);
}

TEST_F(webhook_test, speaks_tls_after_a_reload_and_takes_a_renewed_certificate_without_one) {
  const certificate_authority authority{daemon_.directory(), "hook-ca"};
  const certificate_request names{{"localhost"}, {"127.0.0.1"}};
  const auto old = authority.issue("hook", names);
  configure("webhook: {listen: [\"127.0.0.1:0\"], tls: {cert_file: hook.pem, key_file: " +
            old.key.filename().string() + "}}\n");
  const auto reloaded = daemon_.command({"reload"});
  ASSERT_EQ(reloaded.exit_code, 0) << reloaded.errors;
  const auto call = [&](const fs::path& ca_file) {
    return parse_answer(tls_call(port_, ca_file, request_of({})).bytes).status;
  };
  EXPECT_EQ(call(authority.file()), 200U);

  // From another authority, so that only the new one is believed.
  const certificate_authority other{daemon_.directory(), "other-ca"};
  const auto next = other.issue("next", names);
  fs::rename(next.certificate, old.certificate);
  EXPECT_EQ(call(authority.file()), 200U) << "half of a pair is not taken";
  fs::rename(next.key, old.key);
  EXPECT_EQ(call(other.file()), 200U);
  api_.rotate("acme");
  EXPECT_EQ(call(other.file()), 200U);
  EXPECT_TRUE(is_delivered());
}

TEST_F(webhook_test, a_reload_with_a_pair_that_does_not_fit_is_refused_whole) {
  const certificate_authority authority{daemon_.directory(), "hook-ca"};
  const auto one = authority.issue("one", {{"localhost"}, {}});
  const auto two = authority.issue("two", {{"localhost"}, {}});
  auto options = daemon_.options();
  options.workspaces.emplace_back("beta");
  options.more = "webhook: {listen: [\"127.0.0.1:0\"], tls: {cert_file: one.pem, key_file: " +
                 two.key.filename().string() + "}}\n";
  api_.add("beta");
  daemon_.configure(options);
  const auto refused = daemon_.command({"reload"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("isn't that of the certificate"), std::string::npos)
      << refused.errors;
  EXPECT_EQ(tell(), 200U);
  EXPECT_TRUE(eventually([&] { return api_.count("acme", "gets") >= 2; })) << "beta would be too";
  EXPECT_EQ(api_.count("beta", "gets"), 0U);
  EXPECT_EQ(daemon_.command({"check"}).exit_code, 78);
}

}  // namespace
}  // namespace tokensyncd::tests
