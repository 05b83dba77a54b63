// Three nodes of a real server, whose standbys answer out of copies that lag behind.
#include "tests/support/vault_cluster.hpp"

#include <cstdint>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

class vault_of_three : public testing::Test {
 protected:
  void SetUp() override {
    if (!real_vault())
      GTEST_SKIP() << "neither vault nor bao is on PATH, and OpenBao can't be had from PyPI";
    cluster_ = std::make_unique<vault_cluster>();
    auto& api = cluster_->api();
    api.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update", "delete"}},
                              {"secret/metadata/timelines/*", {"create", "read", "update"}}});
  }

  /// A daemon that is told these addresses. It logs in with a secret id that was made just now.
  void start(const std::string& addresses) {
    settings_.workspaces = {"acme", "beta"};
    settings_.more = "workspace_defaults: {sinks: [files, vault]}\n";
    settings_.sinks_more = "vault:\n  type: vault\n  addresses: [" + addresses +
                           "]\n  path: timelines/{workspace}\n  on_remove: delete\n  auth: "
                           "{method: approle, role_id_file: role-id, secret_id_file: secret-id}\n";
    for (const auto& id : settings_.workspaces) api_.rotate(id);
    daemon_ = std::make_unique<daemon>(api_, settings_);
    const approle_ids ids = cluster_->api().approle("tokensyncd", {"tokensyncd"});
    write_file(daemon_->directory() / "role-id", ids.role_id);
    write_file(daemon_->directory() / "secret-id", ids.secret_id);
    daemon_->start();
    ASSERT_TRUE(eventually([&] { return daemon_->is_ready(); }));
  }

  [[nodiscard]] bool gets(const std::string& workspace = "acme") {
    return eventually([&] {
      return cluster_->api().member("timelines/" + workspace, "token") == api_.token(workspace);
    });
  }
  [[nodiscard]] double writes(const std::string& how) const {
    return daemon_->metric("tokensyncd_sink_writes_total{result=\"" + how + "\",sink=\"vault\"}");
  }

  /// Rotates as fast as it is delivered, and takes a workspace away at the end.
  void expect_one_version_a_rotation() {
    for (std::uint64_t rotation = 2; rotation <= 12; ++rotation) {
      api_.rotate("acme");
      (void)daemon_->ask("/-/sync/acme", "POST");
      ASSERT_TRUE(gets());
      ASSERT_EQ(cluster_->api().version("timelines/acme"), rotation);
    }
    EXPECT_EQ(writes("conflict"), 0);
    EXPECT_EQ(writes("error"), 0);
    settings_.workspaces = {"beta"};
    daemon_->configure(settings_);
    EXPECT_EQ(daemon_->command({"reload"}).exit_code, 0);
    EXPECT_TRUE(
        eventually([&] { return cluster_->api().member("timelines/acme", "token").empty(); }));
  }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
  std::unique_ptr<vault_cluster> cluster_;
  daemon_options settings_;
  std::unique_ptr<daemon> daemon_;
};

TEST_F(vault_of_three, makes_one_version_a_rotation_whichever_node_is_named_first) {
  const std::size_t active = cluster_->active();
  const std::size_t one = (active + 1) % vault_cluster::size;
  const std::size_t other = (active + 2) % vault_cluster::size;
  start("\"" + cluster_->address(one) + "\", \"" + cluster_->address(other) + "\", \"" +
        cluster_->address(active) + "\"");
  expect_one_version_a_rotation();
  EXPECT_EQ(daemon_->stop(), 0);
}

TEST_F(vault_of_three, makes_one_version_a_rotation_though_it_knows_a_standby_alone) {
  start("\"" + cluster_->address((cluster_->active() + 1) % vault_cluster::size) + "\"");
  expect_one_version_a_rotation();
  EXPECT_EQ(daemon_->stop(), 0);
}

}  // namespace
}  // namespace tokensyncd::tests
