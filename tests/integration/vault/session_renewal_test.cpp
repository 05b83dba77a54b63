#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/session_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using config::vault_auth_method;

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

TEST_F(vault_session, logs_in_once_after_a_refusal_and_again_15_s_and_then_each_60_s_later) {
  for (int i = 1; i <= 5; ++i) vault_.on(approle, {200, granted("s." + std::to_string(i), 3600)});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_TRUE(run(session_->replace(first)));
  auto current = run(session_->token()).value();
  EXPECT_EQ(current->reveal(), "s.2");
  EXPECT_TRUE(run(session_->replace(first))) << "who still had the old one asks with the new one";
  EXPECT_EQ(vault_.count(approle), 2U);
  for (const auto pause : {15s, 60s, 60s}) {
    clock_.advance(pause - 1ms);
    EXPECT_FALSE(run(session_->replace(current)));
    clock_.advance(1ms);
    EXPECT_TRUE(run(session_->replace(current)));
    current = run(session_->token()).value();
  }
  EXPECT_EQ(vault_.count(approle), 5U);
  EXPECT_THAT(told_, testing::SizeIs(1)) << "the reason is told once";
}

TEST_F(vault_session, logs_in_again_at_once_where_an_operator_asks) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {200, granted("s.2", 3600)});
  vault_.on(approle, {200, granted("s.3", 3600)});
  open();
  EXPECT_TRUE(run(session_->replace(run(session_->token()).value())));
  const auto second = run(session_->token()).value();
  EXPECT_FALSE(run(session_->replace(second)));
  session_->ask_anew(true);
  EXPECT_TRUE(run(session_->replace(second)));
}

TEST_F(vault_session, takes_new_credentials_at_once_though_the_token_is_good) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {200, granted("s.2", 3600)});
  start(open().tend());
  settle();
  put("secret-id", "another\n");
  clock_.advance(5s);
  run_until([&] { return vault_.count(approle) == 2; });
  settle();
  EXPECT_EQ(token(), "s.2");
  EXPECT_EQ(recovered_, 1) << "which may be allowed more";
  stop_all();
}

TEST_F(vault_session, keeps_the_token_where_new_credentials_are_wrong) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {400, R"({"errors":["invalid secret id"]})"});
  start(open().tend());
  settle();
  put("secret-id", "wrong\n");
  clock_.advance(5s);
  run_until([&] { return vault_.count(approle) == 2; });
  settle();
  EXPECT_EQ(token(), "s.1");
  EXPECT_THAT(told_, testing::Contains(testing::HasSubstr("does not accept the login")));
  stop_all();
}

TEST_F(vault_session, ends_a_backoff_when_its_files_are_repaired) {
  vault_.on(approle, {400, R"({"errors":["invalid secret id"]})"});
  vault_.on(approle, {400, R"({"errors":["invalid secret id"]})"});
  vault_.on(approle, {200, granted("s.1", 3600)});
  start(open().tend());
  settle();
  for (int second = 0; second < 120; ++second) {
    clock_.advance(1s);
    settle();
  }
  EXPECT_EQ(vault_.count(approle), 2U) << "a third and a fourth could lock the role out";
  EXPECT_THAT(told_.back(), testing::HasSubstr("does not try a third time"));
  put("secret-id", "right\n");
  clock_.advance(1s);
  run_until([&] { return vault_.count(approle) == 3; });
  settle();
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(recovered_, 1);
  stop_all();
}

TEST_F(vault_session, logs_in_before_a_token_with_a_limit_of_uses_runs_out) {
  const auto limited = [](const std::string& token) {
    return R"({"auth":{"client_token":")" + token +
           R"(","lease_duration":3600,"renewable":true,"num_uses":2}})";
  };
  vault_.on(approle, {200, limited("s.1")});
  vault_.on(approle, {200, limited("s.2")});
  open();
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(token(), "s.2");
  EXPECT_EQ(vault_.count(renewal), 0U);
}

TEST_F(vault_session, says_of_a_token_of_a_file_that_its_uses_are_over) {
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.file\n");
  vault_.on("auth/token/lookup-self", {200, R"({"data":{"ttl":0,"num_uses":1}})"});
  vault_.on("auth/token/lookup-self", {200, R"({"data":{"ttl":0,"num_uses":-1}})"});
  open();
  EXPECT_EQ(token(), "s.file");
  EXPECT_THAT(token(), testing::HasSubstr("num_uses"));
}

TEST_F(vault_session, keeps_the_token_where_the_login_after_a_refusal_fails) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {503, R"({"errors":["Vault is sealed"]})"});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_FALSE(run(session_->replace(first)));
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, tries_again_where_the_login_after_a_refusal_met_no_vault) {
  vault_.on(approle, {200, granted("s.1", 3600)});
  vault_.on(approle, {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on(approle, {200, granted("s.2", 3600)});
  open();
  const auto first = run(session_->token()).value();
  EXPECT_FALSE(run(session_->replace(first)));
  EXPECT_FALSE(run(session_->replace(first))) << "not before its backoff";
  clock_.advance(1s);
  EXPECT_TRUE(run(session_->replace(first)));
  EXPECT_EQ(token(), "s.2");
}

TEST_F(vault_session, tells_a_trouble_once_whatever_number_is_in_its_sentence) {
  vault_.now_on(approle, {429, R"({"errors":["quota"]})", "Retry-After: 60\r\n"});
  open();
  for (int i = 0; i < 5; ++i) {
    token();
    clock_.advance(10s);
  }
  EXPECT_THAT(told_, testing::SizeIs(1));
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

}  // namespace
}  // namespace tokensyncd::sinks::vault
