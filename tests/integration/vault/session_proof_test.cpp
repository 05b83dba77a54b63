// Whether a login would still work is proved while nobody needs one.
#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/session_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using config::vault_auth_method;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto revocation = "auth/token/revoke-self";
const tests::scripted_vault::scene destroyed{400, R"({"errors":["invalid role or secret ID"]})"};

class vault_session_idle : public vault_session {
 protected:
  vault_session_idle() {
    auth_.check_interval = 1min;
    vault_.on(approle, {200, granted("s.1", 36'000)});
    vault_.now_on(revocation, {204});
  }
  void tend() {
    start(open().tend());
    settle();
  }
  void pass(std::chrono::milliseconds how_long) {
    clock_.advance(how_long);
    settle();
  }
  /// Until the proof has been made that is due now.
  void pass_a_proof(std::chrono::milliseconds how_long, std::size_t logins) {
    clock_.advance(how_long);
    run_until([&] { return vault_.count(approle) == logins; });
    settle();
  }
};

TEST_F(vault_session_idle, proves_every_minute_that_a_login_works_and_leaves_nothing_behind) {
  vault_.on(approle, {200, granted("s.proof", 36'000)});
  tend();
  pass(1min - 1ms);
  EXPECT_EQ(vault_.count(approle), 1U);
  pass_a_proof(1ms, 2);
  pass_a_proof(1min, 3);
  ASSERT_EQ(vault_.count(revocation), 2U);
  EXPECT_THAT(vault_.asked(revocation).at(0), HasSubstr("X-Vault-Token: s.proof\r\n"));
  EXPECT_EQ(token(), "s.1") << "the one in use goes on";
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_THAT(session_->refused(), IsEmpty());
  stop_all();
}

TEST_F(vault_session_idle, notices_that_the_secret_id_was_destroyed_and_goes_on_with_its_token) {
  vault_.on(approle, destroyed);
  tend();
  pass_a_proof(1min, 2);
  EXPECT_THAT(session_->refused(), HasSubstr("check auth.role_id_file and auth.secret_id_file"));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("; the current token works until it expires")));
  EXPECT_EQ(token(), "s.1");
  for (int minute = 0; minute < 60; ++minute) pass(1min);
  EXPECT_EQ(vault_.count(approle), 2U) << "the second and last try is left for when it is needed";
  EXPECT_THAT(told_, testing::SizeIs(1));
  stop_all();
}

TEST_F(vault_session_idle, takes_the_next_secret_id_at_once_after_one_was_destroyed) {
  vault_.on(approle, destroyed);
  tend();
  pass_a_proof(1min, 2);
  vault_.now_on(approle, {200, granted("s.2", 36'000)});
  put("secret-id", "the next one\n");
  pass_a_proof(1s, 3);
  EXPECT_EQ(token(), "s.2");
  EXPECT_THAT(session_->refused(), IsEmpty());
  EXPECT_EQ(recovered_, 1);
  stop_all();
}

TEST_F(vault_session_idle, proves_at_once_where_an_operator_asks_after_a_refusal) {
  vault_.on(approle, destroyed);
  tend();
  pass_a_proof(1min, 2);
  vault_.now_on(approle, {200, granted("s.2", 36'000)});
  session_->ask_anew(false);
  settle();
  EXPECT_EQ(vault_.count(approle), 2U) << "a reload is no operator";
  session_->ask_anew(true);
  run_until([&] { return vault_.count(approle) == 3; });
  settle();
  EXPECT_EQ(token(), "s.2");
  EXPECT_THAT(session_->refused(), IsEmpty());
  stop_all();
}

TEST_F(vault_session_idle, takes_no_silence_for_a_refusal) {
  vault_.on(approle, {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on(approle, {200, granted("s.proof", 36'000)});
  tend();
  pass_a_proof(1min, 2);
  EXPECT_THAT(session_->refused(), IsEmpty());
  EXPECT_THAT(told_, IsEmpty());
  pass_a_proof(1min, 3);
  EXPECT_EQ(token(), "s.1");
  stop_all();
}

TEST_F(vault_session_idle, proves_less_often_where_its_tokens_stay_behind) {
  vault_.now_on(revocation, {403, R"({"errors":["permission denied"]})"});
  vault_.on(approle, {200, granted("s.proof", 36'000)});
  tend();
  pass_a_proof(1min, 2);
  EXPECT_EQ(vault_.count(revocation), 1U);
  vault_.now_on(renewal, {200, granted("s.1", 36'000)});
  for (int minute = 1; minute < 400; ++minute) pass(1min);
  EXPECT_EQ(vault_.count(approle), 2U);
  pass_a_proof(1min, 3);
  stop_all();
}

TEST_F(vault_session_idle, proves_nothing_where_that_is_turned_off) {
  auth_.check_interval = 0ms;
  tend();
  for (int minute = 0; minute < 60; ++minute) pass(1min);
  EXPECT_EQ(vault_.count(approle), 1U);
  stop_all();
}

TEST_F(vault_session_idle, looks_at_the_token_of_a_file_and_never_revokes_it) {
  constexpr auto look_up = "auth/token/lookup-self";
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.file\n");
  vault_.on(look_up, {200, R"({"data":{"ttl":0}})"});
  vault_.on(look_up, {200, R"({"data":{"ttl":0}})"});
  vault_.on(look_up, {403, R"({"errors":["permission denied"]})"});
  tend();
  for (const std::size_t looks : {2U, 3U}) {
    clock_.advance(1min);
    run_until([&] { return vault_.count(look_up) == looks; });
    settle();
    EXPECT_EQ(session_->refused().empty(), looks == 2);
  }
  EXPECT_THAT(session_->refused(), HasSubstr("is valid"));
  EXPECT_EQ(vault_.count(revocation), 0U);
  stop_all();
}

TEST_F(vault_session_idle, takes_no_use_of_a_token_whose_uses_are_limited) {
  constexpr auto look_up = "auth/token/lookup-self";
  auth_ = {};
  auth_.method = vault_auth_method::token;
  auth_.token_file = directory_ / "token";
  put("token", "s.file\n");
  vault_.now_on(look_up, {200, R"({"data":{"ttl":0,"num_uses":9}})"});
  tend();
  for (int minute = 0; minute < 20; ++minute) pass(1min);
  EXPECT_EQ(vault_.count(look_up), 1U);
  stop_all();
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
