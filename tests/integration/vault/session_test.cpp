#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/session_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using config::vault_auth_method;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto unwrapping = "sys/wrapping/unwrap";
const tests::scripted_vault::scene inner{200, R"({"data":{"secret_id":"inner"}})"};
const tests::scripted_vault::scene spent{400, R"({"errors":["wrapping token is not valid"]})"};

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
  vault_.on(unwrapping, inner);
  vault_.on(unwrapping, spent);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  clock_.advance(60s);
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(vault_.count(unwrapping), 1U);
  EXPECT_EQ(vault_.count(approle), 2U);
  EXPECT_THAT(vault_.asked(unwrapping).at(0), HasSubstr("X-Vault-Token: the secret"));
  EXPECT_THAT(vault_.asked(approle).at(1), HasSubstr(R"("secret_id":"inner")"));
}

TEST_F(vault_session, says_that_a_wrapping_token_was_used_and_takes_the_next_one) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, spent);
  vault_.on(unwrapping, inner);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_THAT(token(), HasSubstr("another client has used it"));
  clock_.advance(1s);
  EXPECT_THAT(token(), HasSubstr("another client has used it"));
  EXPECT_EQ(vault_.count(unwrapping), 1U) << "the same one isn't tried again";
  put("secret-id", "another");
  clock_.advance(2s);
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, keeps_a_wrapping_token_that_a_sealed_vault_did_not_use) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on(unwrapping, inner);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_THAT(token(), HasSubstr("sealed"));
  clock_.advance(1s);
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, does_not_accuse_others_where_the_answer_to_its_own_unwrapping_was_lost) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, {200, "{}", {}, true});
  vault_.on(unwrapping, spent);
  open();
  EXPECT_THAT(token(), Not(HasSubstr("gives no secret id"))) << "it may be good still";
  clock_.advance(1s);
  EXPECT_THAT(token(), HasSubstr("the answer was lost"));
}

TEST_F(vault_session, finds_what_the_session_before_has_unwrapped) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, inner);
  vault_.on(unwrapping, spent);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_EQ(token(), "s.1");
  open();
  EXPECT_EQ(token(), "s.1");
  EXPECT_EQ(vault_.count(unwrapping), 1U);
}

TEST_F(vault_session, shares_a_secret_id_with_another_session_that_unwraps_at_the_same_time) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, inner);
  vault_.on(unwrapping, spent);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  transport second_transport{loop_, clock_, settings(), ""};
  session second{auth_, second_transport, session_context{clock_, rng_, unwrapped_, {}}};
  int logged_in = 0;
  auto ask = [&](session& by) -> task<> {
    const auto got = co_await by.token();
    logged_in += got ? 1 : 0;
  };
  start(ask(*session_));
  start(ask(second));
  run_until([&] { return running_ == 0; });
  EXPECT_EQ(logged_in, 2);
  EXPECT_EQ(vault_.count(unwrapping), 1U);
}

TEST_F(vault_session, asks_anew_after_a_reload_for_a_wrapping_token_that_was_refused) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, spent);
  vault_.on(unwrapping, inner);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_THAT(token(), HasSubstr("gives no secret id"));
  open();  // it was the wrong cluster that was asked
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, gives_no_wrapping_token_up_for_what_no_vault_answers) {
  auth_.secret_id_wrapped = true;
  vault_.on(unwrapping, {301, ""});
  vault_.on(unwrapping, {401, "<html>who are you</html>"});
  vault_.on(unwrapping, {200, "{}"});
  vault_.on(unwrapping, inner);
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(token(), "s.1");
    clock_.advance(10s);
  }
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, only_looks_at_a_wrapping_token_when_it_is_tried_out) {
  auth_.secret_id_wrapped = true;
  vault_.on("sys/wrapping/lookup", {200, R"({"data":{}})"});
  vault_.on("sys/wrapping/lookup", spent);
  open();
  EXPECT_FALSE(run(session_->try_out()));
  const std::string asked = vault_.asked("sys/wrapping/lookup").at(0);
  EXPECT_THAT(asked, HasSubstr(R"({"token":"the secret"})"));
  EXPECT_THAT(asked, Not(HasSubstr("X-Vault-Token")));
  const auto refused = run(session_->try_out());
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->what.sentence, HasSubstr("another client has used it"));
  EXPECT_EQ(vault_.asked().size(), 2U);
}

TEST_F(vault_session, tries_a_login_out_by_making_one) {
  vault_.now_on(approle, {200, granted("s.1")});
  open();
  EXPECT_FALSE(run(session_->try_out()));
  vault_.now_on(approle, {400, R"({"errors":["invalid secret id"]})"});
  open();
  EXPECT_EQ(run(session_->try_out())->why, cause::no_token);
}

TEST_F(vault_session, sends_no_wrapping_token_that_is_none) {
  auth_.secret_id_wrapped = true;
  put("secret-id", "two\nlines");
  open();
  EXPECT_THAT(token(), HasSubstr("auth.secret_id_file"));
  EXPECT_TRUE(vault_.asked().empty());
}

TEST_F(vault_session, gives_its_own_reason_for_every_login_that_vault_does_not_know) {
  for (const auto& [status, body] :
       {std::pair{404, R"({"errors":[]})"},
        std::pair{404, R"({"errors":["no handler for route"]})"},
        std::pair{405, R"({"errors":[]})"},
        std::pair{400, R"({"errors":["did not match the current version"]})"}}) {
    vault_.now_on(approle, {static_cast<unsigned>(status), body});
    open();
    const auto got = run(session_->token());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().why, cause::no_token) << body;
    EXPECT_EQ(got.error().what.kind, failure_kind::bad_login) << body;
  }
}

TEST_F(vault_session, tries_a_login_again_after_a_second_doubling_and_asks_nothing_between) {
  auth_ = {};
  auth_.method = vault_auth_method::jwt;
  auth_.mount = "jwt";
  auth_.jwt_file = directory_ / "secret-id";
  constexpr auto jwt = "auth/jwt/login";
  vault_.now_on(jwt, {400, R"({"errors":["role could not be found"]})"});
  open();
  EXPECT_THAT(token(), HasSubstr("check auth.role"));
  for (const auto wait : {750ms, 1500ms, 3000ms, 6000ms}) {
    const std::size_t before = vault_.count(jwt);
    clock_.advance(wait - 1ms);
    token();
    EXPECT_EQ(vault_.count(jwt), before);
    clock_.advance(1ms);
    token();
    EXPECT_EQ(vault_.count(jwt), before + 1);
  }
  EXPECT_THAT(told_, SizeIs(1)) << "the same trouble is told once";
}

TEST_F(vault_session, says_until_when_a_role_is_locked_out_and_asks_nothing_until_then) {
  vault_.on(approle, {403, R"({"errors":["permission denied"]})"});
  vault_.on(approle, {200, granted("s.1")});
  open();
  const auto until =
      format_rfc3339(std::chrono::floor<std::chrono::minutes>(clock_.wall() + 15min));
  EXPECT_THAT(token(), HasSubstr("the server locks the role until about " + until));
  clock_.advance(15min - 1ms);
  EXPECT_THAT(token(), HasSubstr("the server locks the role until about " + until));
  EXPECT_EQ(vault_.count(approle), 1U);
  clock_.advance(2s);
  EXPECT_EQ(token(), "s.1");
}

TEST_F(vault_session, says_that_a_login_wants_a_second_factor) {
  vault_.on(approle,
            {200, R"({"auth":{"client_token":"","mfa_requirement":{"mfa_request_id":"1"}}})"});
  open();
  EXPECT_THAT(token(), HasSubstr("second factor"));
}

TEST_F(vault_session, quotes_nothing_that_vault_or_the_files_hold) {
  vault_.now_on(approle, {400, R"({"errors":["canary-from-vault"]})"});
  open();
  const std::string said = token();
  EXPECT_EQ(said.find("canary"), std::string::npos);
  EXPECT_EQ(said.find("the secret"), std::string::npos);
}

TEST_F(vault_session, refuses_an_answer_without_a_token) {
  vault_.on(approle, {200, R"({"auth":null})"});
  vault_.on(approle, {200, R"({"auth":{"client_token":"a\nb"}})"});
  vault_.on(approle, {200, R"({"auth":{"client_token":"a\u0001b"}})"});
  open();
  EXPECT_THAT(token(), HasSubstr("gave no token"));
  clock_.advance(1s);
  EXPECT_THAT(token(), HasSubstr("gave no token"));
  clock_.advance(2s);
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
