#include "daemon/webhook/handler.hpp"

#include <array>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/unit/endpoints/endpoint_fixture.hpp"

namespace tokensyncd::webhook {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Believes the signature "good", and bodies that are `other` or a workspace's name.
struct fake_desk final : event_desk {
  std::vector<std::string> seen;
  bool throws = false;  ///< rotated() does
  const std::vector<std::pair<std::string_view, proof>> meanings{
      {"good", proof::good},         {"good2", proof::good},          {"hs512", proof::bad_header},
      {"no nbf", proof::bad_claims}, {"early", proof::not_yet_valid}, {"old", proof::expired}};

  task<proof> verify(std::string_view signature, std::string_view partner_id) override {
    if (signature.empty()) co_return proof::not_signed;
    if (partner_id != "acme") co_return proof::wrong_partner;
    for (const auto& [word, meaning] : meanings)
      if (word == signature) co_return meaning;
    co_return proof::bad_signature;
  }
  std::optional<event> read(std::string_view body) override {
    if (body == "broken") return {};
    if (body == "foreign") return event{false, false, "api_token:rotated", ""};
    if (body == "other") return event{true, false, "workspace:seats_full", ""};
    if (body == "new") return event{true, false, "something:new", ""};
    return event{true, true, "api_token:rotated", std::string(body)};
  }
  bool rotated(std::string_view workspace, bool copy) override {
    if (throws) throw std::logic_error("secret-text");
    if (workspace == "unknown") return false;
    seen.push_back(std::string(workspace) + (copy ? " again" : ""));
    return true;
  }
};

struct the_webhook : endpoints::endpoint_world, testing::Test {
  the_webhook() { metrics.webhook(true); }

  http::reply send(std::string_view signature, std::string_view body,
                   std::string_view partner = "acme") {
    const std::array fields{http::field{"x-tl-signature", signature},
                            http::field{"X-TL-Partner-ID", partner}};
    http::server_request request;
    request.method = "POST";
    request.path = "/webhooks/timelines";
    request.body = body;
    request.fields = fields;
    return ask(hook, request);
  }
  double count(const std::string& result) {
    return sample("tokensyncd_webhook_requests_total{result=\"" + result + "\"} ");
  }
  double last_event(const std::string& type) {
    return sample("tokensyncd_webhook_last_event_timestamp_seconds{type=\"" + type + "\"} ");
  }
  double sample(const std::string& name) {
    std::string text;
    metrics::exposition out(metrics::exposition_format::text, text);
    metrics.append(out);
    const auto at = text.find(name);
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size()));
  }

  tests::captured_log log;
  telemetry::audit audit{{}, time, log.get(), metrics};
  telemetry::observer observer{metrics, log.get(), audit, time};
  fake_desk desk;
  handler hook{desk, observer, time, {"/webhooks/timelines", "/healthz"}};
};

TEST_F(the_webhook, passes_on_what_is_the_vendors) {
  const auto answer = send("good", "ws");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
  EXPECT_THAT(desk.seen, ElementsAre("ws"));
  EXPECT_EQ(count("accepted"), 1);
}

TEST_F(the_webhook, tells_copies_from_others) {
  send("good", "ws");
  send("good", "ws");
  send("good2", "ws");
  send("good", "ws2");
  EXPECT_THAT(desk.seen, ElementsAre("ws", "ws again", "ws", "ws2"));
  EXPECT_EQ(count("accepted"), 3);
  EXPECT_EQ(count("duplicate"), 1);
}

TEST_F(the_webhook, refuses_what_is_not_proven_before_it_reads_it) {
  for (const auto* signature : {"", "bad"}) {
    const auto answer = send(signature, "broken");
    EXPECT_EQ(answer.status, 401U);
    EXPECT_EQ(header_of(answer, "WWW-Authenticate"), "X-TL-Signature");
  }
  EXPECT_EQ(send("good", "ws", "evil").status, 401U);
  EXPECT_THAT(desk.seen, IsEmpty());
  EXPECT_EQ(count("not_signed"), 1);
  EXPECT_EQ(count("bad_signature"), 1);
  EXPECT_EQ(count("wrong_partner"), 1);
}

TEST_F(the_webhook, has_a_result_and_a_sentence_for_each_refusal) {
  const std::vector<std::array<std::string_view, 4>> refusals{
      {"", "acme", "not_signed", "no JWT in X-TL-Signature"},
      {"bad", "acme", "bad_signature", "is not signed with our Partner Secret"},
      {"hs512", "acme", "bad_header", "is not one of HS256"},
      {"no nbf", "acme", "bad_claims", "lacks partner_id, nbf or exp"},
      {"good", "evil", "wrong_partner", "for another partner"},
      {"early", "acme", "not_yet_valid", "a signature that is not valid yet"},
      {"old", "acme", "expired", "a signature that has expired"}};
  std::set<std::string> answers;
  for (const auto& [signature, partner, result, sentence] : refusals) {
    const auto answer = send(signature, "ws", partner);
    EXPECT_EQ(answer.status, 401U) << result;
    EXPECT_TRUE(answers.insert(answer.body).second) << "each says its own: " << answer.body;
    EXPECT_EQ(count(std::string(result)), 1) << result;
  }
  const auto said = log.text();
  for (const auto& [signature, partner, result, sentence] : refusals)
    EXPECT_THAT(said, HasSubstr(std::string(sentence)));
}

TEST_F(the_webhook, refuses_another_partners_event_by_that_name) {
  EXPECT_EQ(send("good", "foreign").status, 400U);
  EXPECT_EQ(count("wrong_partner"), 1);
  EXPECT_EQ(count("malformed"), 0);
  EXPECT_THAT(desk.seen, IsEmpty());
}

TEST_F(the_webhook, wants_each_header_once) {
  const std::array fields{http::field{"X-TL-Signature", "good"},
                          http::field{"X-TL-Signature", "good"},
                          http::field{"X-TL-Partner-Id", "acme"}};
  http::server_request request;
  request.method = "POST";
  request.path = "/webhooks/timelines";
  request.body = "ws";
  request.fields = fields;
  EXPECT_EQ(ask(hook, request).status, 401U);
  EXPECT_THAT(desk.seen, IsEmpty());
}

TEST_F(the_webhook, answers_what_is_of_no_use_with_200_so_that_it_is_not_sent_again) {
  EXPECT_EQ(send("good", "other").status, 200U);
  EXPECT_EQ(send("good", "unknown").status, 200U);
  EXPECT_EQ(count("ignored"), 1);
  EXPECT_EQ(count("unknown_workspace"), 1);
  EXPECT_THAT(desk.seen, IsEmpty());
}

TEST_F(the_webhook, knows_when_an_event_of_each_type_came) {
  const auto now = [this] {
    return std::chrono::duration<double>(
               std::chrono::floor<std::chrono::seconds>(time.wall().time_since_epoch()))
        .count();
  };
  for (const auto type : metrics::webhook_event_types) EXPECT_EQ(last_event(std::string(type)), 0);
  send("good", "other");
  EXPECT_EQ(last_event("workspace:seats_full"), now());
  EXPECT_EQ(last_event("api_token:rotated"), 0);
  time.advance(10s);
  send("good", "ws");
  EXPECT_EQ(last_event("api_token:rotated"), now());
  time.advance(10s);
  send("good", "unknown");
  EXPECT_EQ(last_event("api_token:rotated"), now()) << "it came, though it is of no use here";
  time.advance(10s);
  send("good", "new");
  EXPECT_EQ(last_event("other"), now());
  time.advance(10s);
  for (const auto* signature : {"", "bad", "old"}) send(signature, "ws");
  send("good", "broken");
  send("good", "foreign");
  for (const auto type : metrics::webhook_event_types)
    EXPECT_LT(last_event(std::string(type)), now()) << "anybody could send these";
  EXPECT_TRUE((*metrics.events())[0]);
}

TEST_F(the_webhook, refuses_what_it_cannot_read) {
  EXPECT_EQ(send("good", "broken").status, 400U);
  EXPECT_EQ(count("malformed"), 1);
}

TEST_F(the_webhook, has_one_address_and_one_method) {
  auto answer = ask(hook, "GET", "/webhooks/timelines");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(header_of(answer, "Allow"), "POST");
  EXPECT_EQ(ask(hook, "POST", "/webhooks/timelines/x").status, 404U);
  EXPECT_EQ(ask(hook, "POST", "/").status, 404U);
  hook.set_paths({"/moved", "/healthz"});
  EXPECT_EQ(send("good", "ws").status, 404U);
  EXPECT_THAT(desk.seen, IsEmpty());
  for (const auto name : metrics::webhook_result_names) EXPECT_EQ(count(std::string(name)), 0);
}

TEST_F(the_webhook, answers_health_checks_and_counts_none) {
  for (const auto* method : {"GET", "HEAD"}) {
    const auto healthy = ask(hook, method, "/healthz");
    EXPECT_EQ(healthy.status, 200U) << method;
    EXPECT_FALSE(healthy.last) << "a check may use its connection again";
    for (const auto* path : {"/", "/webhooks/timelines", "/healthz/", "/livez", "/favicon.ico"}) {
      const auto other = ask(hook, method, path);
      EXPECT_EQ(other.status, 405U) << method << path;
      EXPECT_EQ(header_of(other, "Allow"), "POST") << path;
    }
  }
  const auto posted = ask(hook, "POST", "/healthz");
  EXPECT_EQ(posted.status, 405U);
  EXPECT_EQ(header_of(posted, "Allow"), "GET, HEAD");
  hook.set_paths({"/webhooks/timelines", "/alive"});
  EXPECT_EQ(ask(hook, "GET", "/alive").status, 200U);
  EXPECT_EQ(ask(hook, "GET", "/healthz").status, 405U);
  for (const auto name : metrics::webhook_result_names) EXPECT_EQ(count(std::string(name)), 0);
  EXPECT_THAT(log.text(), IsEmpty());
}

TEST_F(the_webhook, tells_of_an_exception_and_wants_the_event_again) {
  desk.throws = true;
  const auto answer = send("good", "ws");
  EXPECT_EQ(answer.status, 500U);
  EXPECT_TRUE(answer.last);
  EXPECT_EQ(sample("\ntokensyncd_task_failures_total "), 1);
  desk.throws = false;
  EXPECT_EQ(send("good", "ws").status, 200U);
  EXPECT_THAT(desk.seen, ElementsAre("ws again")) << "the same event, which counts all the same";
  const auto said = log.text();
  EXPECT_THAT(said, HasSubstr("an answer to a webhook request: an unexpected exception"));
  EXPECT_THAT(said + answer.body, testing::Not(HasSubstr("secret-text")));
}

TEST_F(the_webhook, counts_what_the_server_refuses) {
  hook.refused(413);
  hook.refused(400);
  hook.refused(431);
  hook.refused(408);
  EXPECT_EQ(count("too_large"), 1);
  EXPECT_EQ(count("malformed"), 3);
}

TEST_F(the_webhook, logs_refusals_a_few_times_and_nothing_that_was_sent) {
  for (int i = 0; i < 100; ++i) send("secret-signature", "secret-body");
  EXPECT_EQ(count("bad_signature"), 100);
  const auto text = log.text();
  std::size_t lines = 0;
  for (auto at = text.find("webhook.refused"); at != std::string::npos;
       at = text.find("webhook.refused", at + 1))
    ++lines;
  EXPECT_EQ(lines, 5U);
  EXPECT_THAT(text, testing::Not(HasSubstr("secret-")));
}

TEST_F(the_webhook, logs_each_kind_of_refusal_though_another_has_used_up_its_lines) {
  for (int i = 0; i < 100; ++i) hook.refused(400);
  send("bad", "ws");
  const auto text = log.text();
  EXPECT_THAT(text, HasSubstr("contains no valid event"));
  EXPECT_THAT(text, HasSubstr("is not signed with our Partner Secret"));
}

TEST_F(the_webhook, tells_how_many_refusals_of_which_kind_it_did_not_log) {
  for (int i = 0; i < 7; ++i) hook.refused(400);
  time.advance(61s);
  send("bad", "ws");
  EXPECT_THAT(log.text(), HasSubstr(R"("of":"webhook.refused","result":"malformed","lines":2)"));
}

TEST_F(the_webhook, ends_the_connection_after_a_refusal_alone) {
  EXPECT_FALSE(send("good", "ws").last);
  EXPECT_FALSE(send("good", "unknown").last);
  EXPECT_TRUE(send("bad", "ws").last);
  EXPECT_TRUE(send("old", "ws").last);
  EXPECT_TRUE(send("good", "broken").last);
  EXPECT_TRUE(ask(hook, "GET", "/webhooks/timelines").last);
  EXPECT_TRUE(ask(hook, "POST", "/").last);
}

TEST_F(the_webhook, has_no_series_where_it_is_not_configured) {
  metrics.webhook(false);
  send("good", "ws");
  std::string text;
  metrics::exposition out(metrics::exposition_format::text, text);
  metrics.append(out);
  EXPECT_THAT(text, testing::Not(HasSubstr("tokensyncd_webhook")));
}

TEST_F(the_webhook, shows_rotations_that_no_event_announced_as_a_counter) {
  metrics::fleet_numbers now;
  const auto missed = [&] {
    std::string text;
    metrics::exposition out(metrics::exposition_format::text, text);
    metrics.append(out);
    return text;
  };
  EXPECT_THAT(missed(), HasSubstr("tokensyncd_webhook_missed_total 0\n"));
  now.missed_events = 3;
  metrics.fleet(now);
  metrics.fleet(now);
  EXPECT_THAT(missed(), HasSubstr("tokensyncd_webhook_missed_total 3\n"));
}

}  // namespace
}  // namespace tokensyncd::webhook
