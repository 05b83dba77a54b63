#include <string>
#include <thread>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tests/sandbox/client.hpp"
#include "tests/support/eventually.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

class fault_test : public testing::Test {
 protected:
  http_answer get() { return ask(api_, token_path("acme")); }
  tls_answer get_raw() { return ask_raw(api_, token_path("acme")); }
  /// What a spoilt answer's body is.
  std::string spoilt(std::string_view how) {
    api_.when("acme").malformed(how).times(1);
    return get().body;
  }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
};

TEST_F(fault_test, meets_whom_it_is_for_and_as_often_as_it_says) {
  api_.when("acme").answer(503, "html").skip(1).times(2);
  EXPECT_EQ(get().status, 200U);
  EXPECT_EQ(get().status, 503U);
  EXPECT_EQ(ask(api_, token_path("beta")).status, 200U);
  EXPECT_EQ(get().status, 503U);
  EXPECT_EQ(get().status, 200U);
}

TEST_F(fault_test, lasts_until_it_is_cleared) {
  api_.when_prefix("ac").answer(500, "none");
  EXPECT_EQ(get().status, 500U);
  EXPECT_EQ(get().status, 500U);
  api_.clear_faults();
  EXPECT_EQ(get().status, 200U);
}

TEST_F(fault_test, with_a_status_carries_nothing_out) {
  api_.when("acme").answer(500).times(1);
  EXPECT_EQ(ask(api_, token_path("acme"), "POST").status, 500U);
  EXPECT_EQ(api_.count("rotated_by_post"), 0U);
}

TEST_F(fault_test, can_say_anything_in_retry_after) {
  for (const auto* value :
       {"3", "-1", "0", "soon", "99999999999999999999", "Fri, 31 Dec 1999 23:59:59 GMT"}) {
    api_.when("acme").answer(429, "too_many").retry_after(value).times(1);
    const auto answer = get();
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.headers.at("retry-after"), value);
  }
}

TEST_F(fault_test, redirects) {
  api_.when("acme").answer(302, "html").header("Location", "https://evil.example/").times(1);
  const auto answer = get();
  EXPECT_EQ(answer.status, 302U);
  EXPECT_EQ(answer.headers.at("location"), "https://evil.example/");
}

TEST_F(fault_test, spoils_bytes) {
  const auto good = get().body;
  boost::system::error_code error;
  EXPECT_EQ(spoilt("truncated"), good.substr(0, good.size() / 2));
  EXPECT_EQ(spoilt("trailing"), good + "{}");
  EXPECT_EQ(spoilt("empty"), "");
  EXPECT_EQ(spoilt("array"), "[" + good + "]");
  EXPECT_EQ(spoilt("byte_order_mark"), "\xEF\xBB\xBF" + good);
  EXPECT_NE(spoilt("duplicate_token").find(R"("token":"tla_duplicate")"), std::string::npos);
  EXPECT_NE(spoilt("duplicate_workspace").find(R"("workspace_id":"duplicate")"), std::string::npos);
  json::parse(spoilt("not_json"), error);
  EXPECT_TRUE(error);
  json::parse(spoilt("invalid_utf8"), error);
  EXPECT_TRUE(error);
  EXPECT_THROW(api_.control("POST", "faults", {{"malformed", "unheard-of"}}), std::runtime_error);
}

TEST_F(fault_test, spoils_the_token) {
  const auto token = [this](std::string_view how) { return json::parse(spoilt(how)).at("token"); };
  EXPECT_EQ(token("empty_token").as_string(), "");
  EXPECT_EQ(token("blank_token").as_string(), " \u00A0 ");
  EXPECT_EQ(token("control_token").as_string(), "tla_1\r\nX-Evil: 1");
  EXPECT_EQ(token("nul_token").as_string().size(), 10U);
  EXPECT_EQ(token("long_token").as_string().size(), 5000U);
  EXPECT_TRUE(token("number_token").is_int64());
  EXPECT_TRUE(token("null_token").is_null());
  EXPECT_TRUE(token("object_token").is_object());
}

TEST_F(fault_test, spoils_headers_and_fields) {
  api_.when("acme").malformed("gzip").times(1);
  EXPECT_EQ(get().headers.at("content-encoding"), "gzip");
  api_.when("acme").malformed("wrong_content_type").times(1);
  EXPECT_EQ(get().headers.at("content-type"), "text/html");
  api_.when("acme").field("workspace_id", "beta").without_field("token").times(1);
  const auto answer = json::parse(get().body);
  EXPECT_EQ(answer.at("workspace_id").as_string(), "beta");
  EXPECT_FALSE(answer.as_object().contains("token"));
}

TEST_F(fault_test, answers_with_the_token_before) {
  const auto first = api_.rotate("acme");
  const auto second = api_.rotate("acme");
  api_.when("acme").stale().times(1);
  EXPECT_EQ(json::parse(get().body).at("token").as_string(), first);
  EXPECT_EQ(json::parse(get().body).at("token").as_string(), second);
}

TEST_F(fault_test, cuts_where_it_is_told) {
  const auto whole = get_raw();
  EXPECT_TRUE(whole.closed_properly);
  const auto head = whole.bytes.find("\r\n\r\n") + 4;
  const auto cut = [this](std::string_view where) {
    api_.when("acme").cut(where).times(1);
    return get_raw();
  };
  EXPECT_EQ(cut("before").bytes, "");
  EXPECT_EQ(cut("reset").bytes, "");
  EXPECT_EQ(cut("header").bytes.size(), head / 2);
  const auto in_body = cut("body");
  EXPECT_GT(in_body.bytes.size(), head);
  EXPECT_LT(in_body.bytes.size(), whole.bytes.size());
  EXPECT_FALSE(in_body.closed_properly);
  const auto no_goodbye = cut("no_close_notify");
  EXPECT_EQ(no_goodbye.bytes.size(), whole.bytes.size());
  EXPECT_FALSE(no_goodbye.closed_properly);
}

TEST_F(fault_test, drips_and_swells_and_frames_as_it_likes) {
  const auto good = get();
  api_.when("acme").with("drip_us", 0).times(1);
  EXPECT_EQ(get().body, good.body);
  api_.when("acme").with("huge_body", 100'000).times(1);
  EXPECT_EQ(get().body.size(), good.body.size() + 100'000);
  api_.when("acme").with("huge_header", 20'000).times(1);
  EXPECT_EQ(get().headers.at("x-huge").size(), 20'000U);
  api_.when("acme").with("header_count", 300).times(1);
  EXPECT_GT(get().headers.size(), 300U);
  api_.when("acme").framing("chunked").times(1);
  EXPECT_EQ(get().body, good.body);
  api_.when("acme").framing("until_close").times(1);
  const auto unframed = get();
  EXPECT_FALSE(unframed.headers.contains("content-length"));
  EXPECT_EQ(unframed.body, good.body);
  api_.when("acme").with("early_hints", 1).times(1);
  EXPECT_TRUE(get_raw().bytes.starts_with("HTTP/1.1 103 "));
  api_.when("acme").raw("SSH-2.0-OpenSSH\r\n").times(1);
  EXPECT_EQ(get_raw().bytes, "SSH-2.0-OpenSSH\r\n");
}

TEST_F(fault_test, holds_answers_until_they_are_let_go) {
  const auto first = api_.rotate("acme");
  api_.when("acme").held().times(1);
  http_answer answer;
  std::thread client([&] { answer = get(); });
  EXPECT_TRUE(eventually([this] { return api_.held() == 1; }));
  const auto second = api_.rotate("acme");
  EXPECT_EQ(api_.count("in_flight"), 1U);
  api_.release();
  client.join();
  EXPECT_EQ(json::parse(answer.body).at("token").as_string(), first);

  api_.when("acme").held_unmade().times(1);
  std::thread other([&] { answer = get(); });
  EXPECT_TRUE(eventually([this] { return api_.held() == 1; }));
  const auto third = api_.rotate("acme");
  api_.release();
  other.join();
  EXPECT_EQ(json::parse(answer.body).at("token").as_string(), third);
}

}  // namespace
}  // namespace tokensyncd::tests
