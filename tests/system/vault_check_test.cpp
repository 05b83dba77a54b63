// Logging in, and what `check --online` says, against the stand-in and a real server.
#include <string>

#include <gmock/gmock.h>

#include "tests/system/vault_suite.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

class vault_check : public vault_suite {
 protected:
  /// The sink's section with a wrapped secret id, and lines of one's own.
  [[nodiscard]] std::string wrapped(const std::string& more = "") const {
    return world_->section(
        "{method: approle, role_id_file: role-id, secret_id_file: secret-id, "
        "secret_id_wrapped: true}",
        more);
  }
  /// Has the daemon log in with a wrapping token that is new.
  void configure_wrapped() {
    write_file(world_->daemon_->directory() / "secret-id",
               world_->vault_.wrapped_secret_id("tokensyncd"));
    world_->configure(wrapped());
  }
};

TEST_P(vault_check, says_what_is_wrong_with_mount_path_and_version) {
  struct wrong {
    const char* lines;
    const char* sentence;
  };
  for (const auto& [lines, sentence] : {wrong{"  mount: nowhere\n", "is not mounted"},
                                        wrong{"  mount: kv1\n  kv_version: 2\n", "KV version 1"},
                                        wrong{"  kv_version: 1\n", "KV version 2"}}) {
    world_->configure(world_->sink(lines));
    const auto checked = world_->daemon_->command({"check", "--online"});
    EXPECT_EQ(checked.exit_code, 1) << lines;
    EXPECT_THAT(checked.errors, HasSubstr("sinks.vault.mount")) << lines;
    EXPECT_THAT(checked.errors, HasSubstr(sentence)) << lines;
  }
}

TEST_P(vault_check, check_online_names_the_rights_that_are_missing_and_writes_nothing) {
  world_->vault_.policy("tokensyncd",
                        {{"secret/data/timelines/acme", {"create", "read"}},
                         {"secret/data/timelines/beta", {"create", "read", "update"}}});
  const auto checked = world_->daemon_->command({"check", "--online"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.errors,
              HasSubstr("the policy does not grant update on secret/data/timelines/acme"));
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 0U);
  world_->vault_.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update"}}});
  EXPECT_EQ(world_->daemon_->command({"check", "--online"}).exit_code, 0);
  EXPECT_EQ(world_->vault_.version("timelines/acme"), 0U);
}

TEST_P(vault_check, check_online_tells_that_the_login_is_refused) {
  write_file(world_->daemon_->directory() / "secret-id", "00000000-0000-0000-0000-000000000000");
  const auto checked = world_->daemon_->command({"check", "--online"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.errors, HasSubstr("sinks.vault.auth"));
  EXPECT_THAT(checked.errors, HasSubstr("auth.secret_id_file"));
}

TEST_P(vault_check, check_online_uses_no_wrapping_token_up) {
  configure_wrapped();
  const auto checked = world_->daemon_->command({"check", "--online"});
  EXPECT_EQ(checked.exit_code, 0) << checked.errors;
  EXPECT_THAT(checked.errors, HasSubstr("policy is not tested"));
  start();
  EXPECT_EQ(world_->daemon_->stop(), 0);
}

TEST_P(vault_check, check_online_asks_for_the_right_to_delete_where_that_is_wanted) {
  world_->vault_.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update"}}});
  world_->configure(world_->sink("  on_remove: delete\n"));
  const auto checked = world_->daemon_->command({"check", "--online"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.errors, HasSubstr("does not grant delete on"));
}

TEST_P(vault_check, unwraps_a_secret_id_once_and_keeps_it_over_a_reload) {
  configure_wrapped();
  start();
  // Other settings make another sink, which can't unwrap anew.
  world_->configure(wrapped("  inspect_interval: 30m\n"));
  EXPECT_EQ(world_->daemon_->command({"reload"}).exit_code, 0);
  world_->rotate();
  EXPECT_TRUE(world_->gets());
  EXPECT_EQ(world_->daemon_->stop(), 0);
  const auto again = world_->daemon_->command({"check", "--online"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("another client has used it"));
}

INSTANTIATE_TEST_SUITE_P(of, vault_check, testing::Values(vault_kind::stand_in, vault_kind::real),
                         name_of_kind);

}  // namespace
}  // namespace tokensyncd::tests
