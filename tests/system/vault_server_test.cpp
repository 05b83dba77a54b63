// What only a real server shows: quotas, lockouts, namespaces, versions that end.
#include <memory>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "tests/system/vault_fixture.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

class vault_server : public testing::Test {
 protected:
  void SetUp() override {
    if (!real_vault())
      GTEST_SKIP() << "neither vault nor bao is on PATH, and OpenBao can't be had from PyPI";
    open({"acme", "beta"});
  }
  void open(const std::vector<std::string>& workspaces) {
    world_.reset();
    world_ = std::make_unique<vault_world>(vault_options{.kind = vault_kind::real}, workspaces);
  }
  void start() {
    world_->daemon_->start();
    ASSERT_TRUE(eventually([&] { return world_->daemon_->is_ready(); }));
  }
  void put(const std::string& name, const std::string& content) {
    write_file(world_->daemon_->directory() / name, content);
  }
  void stop() { EXPECT_EQ(world_->daemon_->stop(), 0); }
  finished check() { return world_->daemon_->command({"check", "--online"}); }

  std::unique_ptr<vault_world> world_;
};

TEST_F(vault_server, delivers_within_seconds_after_a_policy_was_corrected) {
  start();
  auto& vault = world_->vault_;
  vault.policy("tokensyncd", {{"secret/data/other/*", {"read"}}});
  world_->rotate();
  ASSERT_TRUE(eventually([&] { return world_->writes("error") >= 1; }));
  vault.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update"}}});
  EXPECT_TRUE(world_->gets());
  stop();
}

TEST_F(vault_server, is_not_locked_out_by_a_wrong_secret_id_and_takes_the_right_one_at_once) {
  const std::string right = read_if_there(world_->daemon_->directory() / "secret-id");
  put("secret-id", "00000000-0000-0000-0000-000000000000");
  world_->daemon_->start();
  ASSERT_TRUE(world_->says("does not try a third time"));
  const auto locked =
      boost::json::parse(world_->vault_.ask("GET", "sys/locked-users").body).at("data");
  EXPECT_EQ(locked.at("total").to_number<int>(), 0);
  put("secret-id", right);
  EXPECT_TRUE(world_->gets("acme") && world_->gets("beta"));
  stop();
}

TEST_F(vault_server, tries_credentials_again_that_it_has_given_up_when_an_operator_asks) {
  const std::string later_right = "5f0c3d1e-1f6f-4d0c-9f0a-0d6c0f1b2a3c";
  put("secret-id", later_right);
  world_->daemon_->start();
  ASSERT_TRUE(world_->says("does not try a third time"));
  const auto made = world_->vault_.ask("POST", "auth/approle/role/tokensyncd/custom-secret-id",
                                       {{"secret_id", later_right}});
  ASSERT_EQ(made.status, 200U) << made.body;
  EXPECT_EQ(world_->daemon_->command({"sync"}).exit_code, 0);
  EXPECT_TRUE(world_->gets("acme") && world_->gets("beta"));
  stop();
}

TEST_F(vault_server, says_that_the_role_is_locked_out_and_until_when) {
  const auto& folder = world_->daemon_->directory();
  for (int i = 0; i < 5; ++i) {
    world_->vault_.ask("POST", "auth/approle/login",
                       {{"role_id", read_if_there(folder / "role-id")}, {"secret_id", "wrong"}});
  }
  world_->daemon_->start();
  ASSERT_TRUE(world_->says("the server locks the role until about 20"));
  stop();
}

TEST_F(vault_server, leaves_no_token_behind_for_its_proofs_and_tells_when_their_uses_are_over) {
  auto& vault = world_->vault_;
  const auto tokens = [&] {
    const auto listed = boost::json::parse(vault.ask("LIST", "auth/token/accessors").body);
    return listed.at("data").at("keys").as_array().size();
  };
  vault.ask("POST", "auth/approle/role/tokensyncd", {{"secret_id_num_uses", 4}});
  put("secret-id", vault.secret_id("tokensyncd"));
  world_->configure(
      world_->section("{method: approle, role_id_file: role-id, secret_id_file: secret-id, "
                      "check_interval: 1s}"));
  const auto before = tokens();
  start();
  ASSERT_TRUE(world_->daemon_->says("; the current token works until it expires"))
      << "after the login and three proofs";
  EXPECT_EQ(tokens(), before + 1) << "the one in use";
  world_->rotate();
  EXPECT_TRUE(world_->gets());
  stop();
}

TEST_F(vault_server, brings_everything_anew_to_a_server_that_came_back_empty) {
  put("vault-token", world_->vault_.root_token());
  world_->configure(world_->section("{method: token, token_file: vault-token}"));
  start();
  ASSERT_TRUE(world_->has("acme") && world_->has("beta"));
  world_->vault_.replace_by_an_empty_one();
  EXPECT_TRUE(world_->gets("acme") && world_->gets("beta")) << "without anybody asking";
  stop();
}

TEST_F(vault_server, delivers_to_everybody_under_a_quota_without_an_error) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("w" + std::to_string(i));
  open(many);
  start();
  const auto out_of_sync = [&] {
    return world_->daemon_->metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"vault\"}");
  };
  ASSERT_TRUE(eventually([&] { return world_->is_signed("w99") && world_->is_signed("w0"); }));
  world_->vault_.limit_rate(50);
  world_->api_.rotate_all("w");
  (void)world_->daemon_->ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([&] { return world_->writes("written") >= 200; }));
  EXPECT_TRUE(eventually([&] { return out_of_sync() == 0; }));
  EXPECT_EQ(world_->writes("error"), 0) << "who was refused waits for his turn";
  world_->vault_.limit_rate(0);
  EXPECT_TRUE(world_->has("w42"));
  stop();
}

TEST_F(vault_server, has_a_name_for_a_namespace_that_is_not_there) {
  world_->configure(world_->sink("  namespace: nowhere\n"));
  const auto checked = check();
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.errors, HasSubstr("does not know the namespace"));
}

TEST_F(vault_server, says_that_its_login_wants_a_second_factor) {
  auto& vault = world_->vault_;
  const auto methods = boost::json::parse(vault.ask("GET", "sys/auth").body).at("data");
  const auto made = vault.ask("POST", "identity/mfa/method/totp", {{"issuer", "tests"}});
  const auto method = boost::json::parse(made.body).at("data").at("method_id");
  const auto enforced = vault.ask(
      "POST", "identity/mfa/login-enforcement/all",
      {{"mfa_method_ids", boost::json::array{method}},
       {"auth_method_accessors", boost::json::array{methods.at("approle/").at("accessor")}}});
  ASSERT_LT(enforced.status, 300U) << enforced.body;
  EXPECT_THAT(check().errors, HasSubstr("second factor"));
}

TEST_F(vault_server, signs_where_the_mount_requires_check_and_set_for_metadata) {
  auto& vault = world_->vault_;
  vault.ask("POST", "secret/config", {{"metadata_cas_required", true}});
  start();
  EXPECT_TRUE(eventually([&] { return world_->is_signed("acme") && world_->is_signed("beta"); }));
  world_->rotate();
  EXPECT_TRUE(
      eventually([&] { return vault.custom_metadata("timelines/acme").at("generation") == "2"; }));
  stop();
}

TEST_F(vault_server, writes_again_before_the_server_deletes_a_version_by_itself) {
  auto& vault = world_->vault_;
  vault.ask("POST", "secret/config", {{"delete_version_after", "12s"}});
  start();
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(world_->has("acme")) << "readers never find it deleted";
    return vault.version("timelines/acme") >= 2 || HasFailure();
  }));
  const auto checked = check();
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.errors, HasSubstr("deletes each version after 12 s"));
  EXPECT_TRUE(world_->has("acme"));
  stop();
}

}  // namespace
}  // namespace tokensyncd::tests
