// What the Vault sink promises, against the stand-in and a real server.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/vault_suite.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

TEST_P(vault_suite, brings_each_rotation_as_one_version_and_signs_it) {
  needs_custom_metadata();
  if (IsSkipped()) return;
  start();
  auto& vault = world_->vault_;
  for (std::uint64_t rotation = 1; rotation <= 4; ++rotation) {
    EXPECT_EQ(vault.version("timelines/acme"), rotation);
    world_->rotate();
    ASSERT_TRUE(world_->gets());
  }
  EXPECT_EQ(vault.version("timelines/acme"), 5U);
  EXPECT_EQ(vault.version("timelines/beta"), 1U);
  EXPECT_EQ(vault.member("timelines/acme", "workspace_id"), "acme");
  EXPECT_TRUE(eventually([&] {
    const auto signature = vault.custom_metadata("timelines/acme");
    return signature.contains("generation") && signature.at("generation") == "5";
  }));
  const auto signature = vault.custom_metadata("timelines/acme");
  EXPECT_EQ(signature.at("managed_by"), "tokensyncd");
  EXPECT_EQ(signature.at("partner"), "acme");
  EXPECT_EQ(signature.at("workspace"), "acme");
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

TEST_P(vault_suite, writes_nothing_after_a_restart_with_or_without_its_state) {
  start();
  auto& daemon = *world_->daemon_;
  EXPECT_EQ(daemon.stop(), 0);
  daemon.start();
  ASSERT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_EQ(daemon.stop(), 0);
  world_->lose_state();
  daemon.start();
  ASSERT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 1U);
  EXPECT_EQ(world_->writes("unchanged"), 2);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, knows_its_secret_again_under_a_new_name_of_the_sink) {
  start();
  auto& daemon = *world_->daemon_;
  EXPECT_EQ(daemon.stop(), 0);
  auto section = world_->sink();
  section.replace(0, 5, "renamed");
  world_->settings_.more = "workspace_defaults: {sinks: [files, renamed]}\n";
  world_->configure(section);
  daemon.start();
  ASSERT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 1U);
  world_->rotate();
  ASSERT_TRUE(world_->gets());
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 2U);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, keeps_what_somebody_else_wrote_until_it_may_adopt_it) {
  world_->vault_.write("timelines/acme", {{"password", "precious"}});
  auto& daemon = *world_->daemon_;
  daemon.start();
  ASSERT_TRUE(world_->gets("beta"));
  ASSERT_TRUE(eventually([&] { return world_->writes("conflict") >= 2; }));
  EXPECT_TRUE(world_->says("adopt: true"));
  EXPECT_FALSE(world_->in_sync());
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 1U);
  EXPECT_EQ(world_->vault_.member("timelines/acme", "password"), "precious");
  EXPECT_EQ(daemon.delivered("acme"), world_->api_.token("acme")) << "the file isn't held up";

  world_->configure(world_->sink("  adopt: true\n"));
  EXPECT_EQ(daemon.command({"reload"}).exit_code, 0);
  EXPECT_TRUE(world_->gets("acme"));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 2U);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, overwrites_what_is_signed_for_us_and_keeps_others_metadata) {
  needs_custom_metadata();
  if (IsSkipped()) return;
  auto& vault = world_->vault_;
  vault.write("timelines/acme", {{"something", "of a version long ago"}});
  vault.ask("POST", "secret/metadata/timelines/acme",
            {{"custom_metadata",
              {{"managed_by", "tokensyncd"},
               {"partner", "acme"},
               {"workspace", "acme"},
               {"team", "blue"}}}});
  vault.write("timelines/beta", {{"something", "of another partner"}});
  vault.ask("POST", "secret/metadata/timelines/beta",
            {{"custom_metadata",
              {{"managed_by", "tokensyncd"}, {"partner", "other"}, {"workspace", "beta"}}}});
  auto& daemon = *world_->daemon_;
  daemon.start();
  ASSERT_TRUE(world_->gets("acme"));
  ASSERT_TRUE(eventually([&] { return world_->writes("conflict") >= 1; }));
  EXPECT_EQ(vault.version("timelines/beta"), 1U);
  EXPECT_TRUE(
      eventually([&] { return vault.custom_metadata("timelines/acme").contains("generation"); }));
  EXPECT_EQ(vault.custom_metadata("timelines/acme").at("team"), "blue");
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, repairs_what_was_deleted_and_an_older_version_that_was_put_back) {
  start();
  auto& vault = world_->vault_;
  const std::string first = world_->api_.token("acme");
  world_->rotate();
  ASSERT_TRUE(world_->gets());
  world_->rotate();
  ASSERT_TRUE(world_->gets());
  ASSERT_TRUE(eventually([&] { return world_->in_sync(); }));

  vault.remove("timelines/acme");
  world_->sync();
  EXPECT_TRUE(world_->gets());
  EXPECT_EQ(vault.version("timelines/acme"), 4U);
  ASSERT_TRUE(eventually([&] { return world_->writes("repaired") == 1; }));

  vault.write("timelines/acme", {{"token", first}, {"workspace_id", "acme"}, {"rotated_at", ""}});
  world_->sync();
  EXPECT_TRUE(world_->gets());
  EXPECT_EQ(vault.version("timelines/acme"), 6U);
  EXPECT_TRUE(eventually([&] { return world_->writes("repaired") == 2; }));
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

TEST_P(vault_suite, leaves_alone_what_somebody_wrote_again_with_the_same_content) {
  start();
  auto& vault = world_->vault_;
  const std::string path = "timelines/acme";
  vault.write(path, {{"token", vault.member(path, "token")},
                     {"workspace_id", "acme"},
                     {"rotated_at", vault.member(path, "rotated_at")}});
  world_->rotate("beta");
  ASSERT_TRUE(world_->gets("beta"));
  world_->rotate();
  ASSERT_TRUE(world_->gets());
  EXPECT_EQ(vault.version(path), 3U) << "one by somebody else, one for the rotation";
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

TEST_P(vault_suite, works_where_the_mount_requires_check_and_set) {
  world_->vault_.require_cas(true);
  start();
  world_->rotate();
  EXPECT_TRUE(world_->gets());
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

TEST_P(vault_suite, works_without_rights_on_metadata) {
  auto& vault = world_->vault_;
  vault.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update"}}});
  start();
  world_->rotate();
  ASSERT_TRUE(world_->gets());
  EXPECT_EQ(vault.version("timelines/acme"), 2U);
  auto& daemon = *world_->daemon_;
  EXPECT_EQ(daemon.stop(), 0);
  world_->lose_state();
  world_->api_.rotate("acme");
  daemon.start();
  EXPECT_TRUE(world_->gets()) << "known by its members and the workspace's id";
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, writes_kv_version_1_only_where_it_differs) {
  world_->configure(world_->sink("  mount: kv1\n"));
  auto& daemon = *world_->daemon_;
  daemon.start();
  const auto there = [&] {
    const auto got = world_->vault_.ask("GET", "kv1/timelines/acme");
    return got.status == 200 && got.body.find(world_->api_.token("acme")) != std::string::npos;
  };
  EXPECT_TRUE(eventually(there));
  world_->rotate();
  EXPECT_TRUE(eventually(there));
  EXPECT_TRUE(eventually([&] { return world_->writes("written") == 3; }));
  EXPECT_EQ(daemon.stop(), 0);
  daemon.start();
  ASSERT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_EQ(world_->writes("written"), 0);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, is_in_sync_again_when_unsealed_with_one_new_version_and_never_holds_up_files) {
  start();
  auto& daemon = *world_->daemon_;
  world_->vault_.seal();
  for (int i = 0; i < 3; ++i) {
    world_->rotate();
    ASSERT_TRUE(eventually([&] { return daemon.delivered("acme") == world_->api_.token("acme"); }));
  }
  // An attempt under way may still have an older token: the second to end from now on hasn't.
  const double before = world_->writes("error");
  ASSERT_TRUE(eventually([&] { return world_->writes("error") >= before + 2; }));
  EXPECT_TRUE(world_->says("is sealed: unseal it"));
  world_->vault_.unseal();
  EXPECT_TRUE(world_->gets());
  EXPECT_TRUE(eventually([&] { return world_->in_sync(); }));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 2U);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, notices_while_idle_that_its_secret_id_was_destroyed_and_takes_the_next_one) {
  world_->configure(
      world_->section("{method: approle, role_id_file: role-id, secret_id_file: secret-id, "
                      "check_interval: 1s}"));
  start();
  auto& vault = world_->vault_;
  auto& daemon = *world_->daemon_;
  const auto file = daemon.directory() / "secret-id";
  const auto refused = [&] {
    return daemon.metric("tokensyncd_vault_login_refused{sink=\"vault\"}");
  };
  EXPECT_EQ(refused(), 0);
  vault.destroy_secret_id("tokensyncd", read_if_there(file));
  ASSERT_TRUE(eventually([&] { return refused() == 1; })) << "although nothing is delivered";
  EXPECT_TRUE(daemon.says("; the current token works until it expires"));
  const auto status = daemon.status();
  EXPECT_EQ(status.at("summary"), "vault: login refused");
  EXPECT_THAT(std::string{status.at("details").at(0).as_string()},
              HasSubstr("vault: Vault at 127.0.0.1 does not accept the login (400)"));
  world_->rotate();
  EXPECT_TRUE(world_->gets()) << "with the token that it has";
  write_file(file, vault.secret_id("tokensyncd"));
  EXPECT_TRUE(eventually([&] { return refused() == 0; }));
  EXPECT_TRUE(daemon.says("Logged in to Vault at 127.0.0.1 again."));
  EXPECT_EQ(world_->writes("error"), 0);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_P(vault_suite, once_delivers_and_ends) {
  needs_custom_metadata();
  if (IsSkipped()) return;
  EXPECT_EQ(world_->daemon_->command({"once"}).exit_code, 0);
  EXPECT_TRUE(world_->has("acme") && world_->has("beta"));
  EXPECT_TRUE(world_->vault_.custom_metadata("timelines/acme").contains("generation"))
      << "what was delivered last is signed before it ends";
  EXPECT_EQ(world_->daemon_->command({"once"}).exit_code, 0);
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 1U);
}

TEST_P(vault_suite, deletes_what_it_wrote_when_a_workspace_leaves_and_may) {
  world_->configure(world_->sink("  on_remove: delete\n"));
  start();
  world_->settings_.workspaces = {"beta"};
  world_->daemon_->configure(world_->settings_);
  EXPECT_EQ(world_->daemon_->command({"reload"}).exit_code, 0);
  EXPECT_TRUE(eventually([&] { return world_->vault_.member("timelines/acme", "token").empty(); }));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 1U) << "it can be undeleted";
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(of, vault_suite, testing::Values(vault_kind::stand_in, vault_kind::real),
                         name_of_kind);

}  // namespace
}  // namespace tokensyncd::tests
