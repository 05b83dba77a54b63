#include "daemon/sinks/vault/session.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/vault/vault_desk.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using config::vault_auth_method;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string granted(const std::string& token, int ttl = 60, bool renewable = true) {
  return R"({"auth":{"client_token":")" + token + R"(","lease_duration":)" + std::to_string(ttl) +
         R"(,"renewable":)" + (renewable ? "true" : "false") + "}}";
}

constexpr auto approle = "auth/approle/login";
constexpr auto renewal = "auth/token/renew-self";
constexpr auto forbidden = R"({"errors":["permission denied"]})";

class vault_session : public tests::vault_desk {
 protected:
  vault_session() {
    auth_.method = vault_auth_method::approle;
    auth_.mount = "approle";
    auth_.role_id_file = directory_ / "role-id";
    auth_.secret_id_file = directory_ / "secret-id";
    put("role-id", "the role\n");
    put("secret-id", "the secret\n");
  }

  session& open() {
    transport_ = std::make_unique<transport>(loop_, clock_, settings(), "");
    auto tell = [this](log_level, const std::string& sentence) { told_.push_back(sentence); };
    session_ = std::make_unique<session>(auth_, *transport_, clock_, chance_, tell);
    return *session_;
  }

  /// The token as it is now, or the sentence why there is none.
  std::string token() {
    auto got = run(session_->token());
    return got ? std::string{(*got)->reveal()} : got.error().what.sentence;
  }

  config::vault_auth_settings auth_;
  std::vector<std::string> told_;
  std::unique_ptr<transport> transport_;
  std::unique_ptr<session> session_;
};

TEST_F(vault_session, logs_in_by_approle_once_for_all_who_ask) {
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(token(), "s.1");
  EXPECT_THAT(vault_.asked(), SizeIs(1));
  EXPECT_THAT(vault_.asked().at(0),
              HasSubstr(R"({"role_id":"the role","secret_id":"the secret"})"));
}

TEST_F(vault_session, leaves_the_secret_id_out_where_the_role_needs_none) {
  auth_.secret_id_file.clear();
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  EXPECT_THAT(vault_.asked().at(0), HasSubstr("\r\n\r\n"
                                              R"({"role_id":"the role"})"));
}

TEST_F(vault_session, logs_in_with_the_pods_token_as_its_file_holds_it_then) {
  auth_ = {};
  auth_.method = vault_auth_method::kubernetes;
  auth_.mount = "k8s/prod";
  auth_.role = "tokensyncd";
  auth_.jwt_file = directory_ / "jwt";
  put("jwt", "jwt-1");
  vault_.on("auth/k8s/prod/login", {200, granted("s.1", 60, false)});
  vault_.on("auth/k8s/prod/login", {200, granted("s.2", 60, false)});
  open();
  EXPECT_EQ(token(), "s.1");
  put("jwt", "jwt-2");
  clock_.advance(60s);
  EXPECT_EQ(token(), "s.2");
  EXPECT_THAT(vault_.asked().at(0), HasSubstr(R"({"jwt":"jwt-1","role":"tokensyncd"})"));
  EXPECT_THAT(vault_.asked().at(1), HasSubstr(R"({"jwt":"jwt-2","role":"tokensyncd"})"));
}

TEST_F(vault_session, names_a_certificate_role_where_one_is_set) {
  auth_ = {};
  auth_.method = vault_auth_method::cert;
  auth_.mount = "cert";
  auth_.name = "daemons";
  vault_.now_on("auth/cert/login", {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  EXPECT_THAT(vault_.asked().at(0), HasSubstr(R"({"name":"daemons"})"));
}

TEST_F(vault_session, takes_a_token_of_a_file_with_the_time_that_it_has_left) {
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.file\n");
  vault_.now_on("auth/token/lookup-self",
                {200, R"({"data":{"ttl":30,"renewable":false,"expire_time":"2026"}})"});
  open();
  EXPECT_EQ(token(), "s.file");
  EXPECT_EQ(session_->expires(), clock_.wall() + 30s);
  EXPECT_THAT(vault_.asked().at(0), HasSubstr("X-Vault-Token: s.file\r\n"));
}

TEST_F(vault_session, knows_a_token_that_never_ends_from_one_in_its_last_second) {
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.root");
  vault_.now_on("auth/token/lookup-self",
                {200, R"({"data":{"ttl":0,"renewable":false,"expire_time":null}})"});
  open();
  EXPECT_EQ(token(), "s.root");
  EXPECT_FALSE(session_->expires());
  vault_.now_on("auth/token/lookup-self", {200, R"({"data":{"ttl":0,"expire_time":"2026"}})"});
  open();
  EXPECT_EQ(token(), "s.root");
  EXPECT_EQ(session_->expires(), clock_.wall() + 1s);
}

TEST_F(vault_session, unwraps_a_secret_id_once_however_often_it_logs_in) {
  auth_.secret_id_wrapped = true;
  vault_.on("sys/wrapping/unwrap", {200, R"({"data":{"secret_id":"inner"}})"});
  vault_.on("sys/wrapping/unwrap", {400, R"({"errors":["wrapping token is not valid"]})"});
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  clock_.advance(60s);
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(vault_.count("sys/wrapping/unwrap"), 1U);
  EXPECT_EQ(vault_.count(approle), 2U);
  EXPECT_THAT(vault_.asked("sys/wrapping/unwrap").at(0), HasSubstr("X-Vault-Token: the secret"));
  EXPECT_THAT(vault_.asked(approle).at(1), HasSubstr(R"("secret_id":"inner")"));
}

TEST_F(vault_session, says_that_a_wrapping_token_was_used_and_takes_the_next_one) {
  auth_.secret_id_wrapped = true;
  vault_.on("sys/wrapping/unwrap", {400, R"({"errors":["wrapping token is not valid"]})"});
  vault_.on("sys/wrapping/unwrap", {200, R"({"data":{"secret_id":"inner"}})"});
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_THAT(token(), HasSubstr("somebody else has used it"));
  clock_.advance(1s);
  EXPECT_THAT(token(), HasSubstr("somebody else has used it"));
  EXPECT_EQ(vault_.count("sys/wrapping/unwrap"), 1U) << "the same one isn't tried again";
  put("secret-id", "another");
  clock_.advance(2s);
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, keeps_a_wrapping_token_that_a_sealed_vault_did_not_use) {
  auth_.secret_id_wrapped = true;
  vault_.on("sys/wrapping/unwrap", {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on("sys/wrapping/unwrap", {200, R"({"data":{"secret_id":"inner"}})"});
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_THAT(token(), HasSubstr("sealed"));
  clock_.advance(1s);
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, tries_a_login_again_after_a_second_doubling_and_asks_nothing_between) {
  vault_.now_on(approle, {400, R"({"errors":["invalid secret id"]})"});
  open();
  EXPECT_THAT(token(), HasSubstr("check auth.role_id_file and auth.secret_id_file"));
  for (const auto wait : {750ms, 1500ms, 3000ms, 6000ms}) {
    const std::size_t before = vault_.count(approle);
    clock_.advance(wait - 1ms);
    token();
    EXPECT_EQ(vault_.count(approle), before);
    clock_.advance(1ms);
    token();
    EXPECT_EQ(vault_.count(approle), before + 1);
  }
  EXPECT_THAT(told_, SizeIs(1)) << "the same trouble is told once";
}

TEST_F(vault_session, quotes_nothing_that_vault_or_the_files_hold) {
  vault_.now_on(approle, {400, R"({"errors":["canary-from-vault"]})"});
  open();
  const std::string said = token();
  EXPECT_EQ(said.find("canary"), std::string::npos);
  EXPECT_EQ(said.find("the secret"), std::string::npos);
}

TEST_F(vault_session, renews_at_two_thirds_and_goes_on_with_the_same_token) {
  vault_.now_on(approle, {200, granted("s.1")});
  vault_.now_on(renewal, {200, granted("s.1")});
  start(open().tend());
  settle();
  clock_.advance(39s);
  settle();
  EXPECT_EQ(vault_.count(renewal), 0U);
  clock_.advance(1s);
  run_until([&] { return vault_.count(renewal) == 1; });
  settle();
  EXPECT_EQ(session_->expires(), clock_.wall() + 60s);
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(vault_.count(approle), 1U);
  stop_all();
}

TEST_F(vault_session, keeps_a_token_whose_renewal_fails_and_logs_in_before_it_runs_out) {
  vault_.on(approle, {200, granted("s.1")});
  vault_.on(approle, {200, granted("s.2")});
  vault_.now_on(renewal, {503, R"({"errors":["Vault is sealed"]})"});
  start(open().tend());
  settle();
  clock_.advance(40s);
  run_until([&] { return vault_.count(renewal) == 1; });
  settle();
  EXPECT_EQ(token(), "s.1");
  for (int second = 41; second < 54; ++second) {
    clock_.advance(1s);
    settle();
    EXPECT_EQ(token(), "s.1") << second;
  }
  EXPECT_GE(vault_.count(renewal), 3U);
  EXPECT_LE(vault_.count(renewal), 5U) << "it backs off";
  clock_.advance(5s);
  run_until([&] { return vault_.count(approle) == 2; });
  settle();
  EXPECT_EQ(token(), "s.2");
  stop_all();
}

TEST_F(vault_session, does_not_renew_what_is_not_renewable_but_logs_in_at_nine_tenths) {
  vault_.on(approle, {200, granted("s.1", 100, false)});
  vault_.on(approle, {200, granted("s.2", 100, false)});
  start(open().tend());
  settle();
  clock_.advance(89s);
  settle();
  EXPECT_EQ(vault_.count(approle), 1U);
  clock_.advance(1s);
  run_until([&] { return vault_.count(approle) == 2; });
  settle();
  EXPECT_EQ(token(), "s.2");
  EXPECT_EQ(vault_.count(renewal), 0U);
  stop_all();
}

TEST_F(vault_session, logs_in_anew_when_renewals_come_to_the_tokens_longest_life) {
  vault_.on(approle, {200, granted("s.1")});
  vault_.on(approle, {200, granted("s.2")});
  vault_.now_on(renewal, {200, granted("s.1", 20)});
  start(open().tend());
  settle();
  clock_.advance(40s);
  run_until([&] { return vault_.count(renewal) == 1; });
  settle();
  clock_.advance(18s);
  run_until([&] { return vault_.count(approle) == 2; });
  settle();
  EXPECT_EQ(vault_.count(renewal), 1U);
  EXPECT_EQ(token(), "s.2");
  stop_all();
}

TEST_F(vault_session, logs_in_once_after_a_refusal_and_not_again_for_five_minutes) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {200, granted("s.2", 3600)});
  vault_.on(approle, {200, granted("s.3", 3600)});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_TRUE(run(session_->replace(first)));
  const auto second = run(session_->token()).value();
  EXPECT_EQ(second->reveal(), "s.2");
  EXPECT_TRUE(run(session_->replace(first))) << "who still had the old one asks with the new one";
  EXPECT_EQ(vault_.count(approle), 2U);
  EXPECT_FALSE(run(session_->replace(second)));
  clock_.advance(5min - 1ms);
  EXPECT_FALSE(run(session_->replace(second)));
  EXPECT_EQ(vault_.count(approle), 2U);
  clock_.advance(1ms);
  EXPECT_TRUE(run(session_->replace(second)));
  EXPECT_EQ(vault_.count(approle), 3U);
}

TEST_F(vault_session, keeps_the_token_where_the_login_after_a_refusal_fails) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {503, R"({"errors":["Vault is sealed"]})"});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_FALSE(run(session_->replace(first)));
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, does_not_log_in_with_the_same_token_of_a_file_twice) {
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.1");
  vault_.now_on("auth/token/lookup-self", {200, R"({"data":{"ttl":3600,"renewable":true}})"});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_FALSE(run(session_->replace(first)));
  put("token", "s.2");
  EXPECT_TRUE(run(session_->replace(first)));
  EXPECT_EQ(token(), "s.2");
  EXPECT_EQ(vault_.count("auth/token/lookup-self"), 2U);
}

TEST_F(vault_session, refuses_an_answer_without_a_token) {
  vault_.on(approle, {200, R"({"auth":null})"});
  vault_.on(approle, {200, R"({"auth":{"client_token":"a\nb"}})"});
  open();
  EXPECT_THAT(token(), HasSubstr("gave no token"));
  clock_.advance(1s);
  EXPECT_THAT(token(), HasSubstr("gave no token"));
}

TEST_F(vault_session, lets_who_ask_at_once_wait_for_one_login) {
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  int got = 0;
  auto ask = [&]() -> task<> {
    const auto one = co_await session_->token();
    if (one) ++got;
  };
  for (int i = 0; i < 20; ++i) start(ask());
  run_until([&] { return running_ == 0; });
  EXPECT_EQ(got, 20);
  EXPECT_EQ(vault_.count(approle), 1U);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
