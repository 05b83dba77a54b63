// Three nodes of a real server, whose standbys answer out of copies that lag behind.
#include "tests/support/vault_cluster.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/count_of.hpp"
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
  void start(const std::string& addresses,
             const std::vector<std::string>& workspaces = {"acme", "beta"}) {
    settings_.workspaces = workspaces;
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
    before_ready_ = daemon_->all_output().size();
  }

  [[nodiscard]] bool gets(const std::string& workspace = "acme") {
    return eventually([&] {
      return cluster_->api().member("timelines/" + workspace, "token") == api_.token(workspace);
    });
  }
  [[nodiscard]] double writes(const std::string& how) const {
    return daemon_->metric("tokensyncd_sink_writes_total{result=\"" + how + "\",sink=\"vault\"}");
  }

  /// What it logged of deliveries that failed, but for those that a node sent away: a standby that
  /// is short of processor time redirects a call instead of forwarding it. Nor those before it was
  /// ready that were refused a login: such a standby doesn't know yet of a secret id made just now,
  /// for a second (seen with OpenBao 2.7.2), and the daemon tries again.
  [[nodiscard]] std::string failures() const {
    std::istringstream lines{daemon_->all_output()};
    std::string found;
    std::size_t at = 0;
    for (std::string line; std::getline(lines, line);) {
      at += line.size() + 1;
      const bool was_too_new =
          at <= before_ready_ && line.find("does not accept the login (400)") != std::string::npos;
      const bool was_sent_away =
          line.find(" to an address that is not configured") != std::string::npos ||
          line.find("redirect to each other") != std::string::npos;
      if (line.find("sink.failed") != std::string::npos && !was_sent_away && !was_too_new)
        found += line + "\n";
    }
    return found;
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
    const auto logged = [&] { return count_of(daemon_->all_output(), "\"sink.failed\""); };
    ASSERT_TRUE(eventually([&] { return static_cast<double>(logged()) == writes("error"); }));
    EXPECT_EQ(failures(), "");
    settings_.workspaces = {"beta"};
    daemon_->configure(settings_);
    EXPECT_EQ(daemon_->command({"reload"}).exit_code, 0);
    EXPECT_TRUE(
        eventually([&] { return cluster_->api().member("timelines/acme", "token").empty(); }));
  }

  /// Has `change` take the leader away while twelve workspaces rotate, and measures from the moment
  /// on at which a node says that it is active.
  void expect_all_delivered_soon_after(const std::function<void()>& change) {
    std::string addresses;
    for (std::size_t node = 0; node < vault_cluster::size; ++node)
      addresses += (node == 0 ? "\"" : ", \"") + cluster_->address(node) + "\"";
    start(addresses, many_);
    if (HasFatalFailure()) return;
    cluster_->wait_for_voters();
    const std::size_t before = cluster_->active();
    change();
    api_.rotate_all("w");
    (void)daemon_->ask("/-/sync", "POST");
    std::optional<std::size_t> now;
    const bool has_leader = eventually([&] {
      now = cluster_->active_now();
      return now && *now != before;
    });
    if (!has_leader) GTEST_SKIP() << "the nodes themselves agreed on no new leader within a minute";
    const auto led_since = std::chrono::steady_clock::now();
    const vault leader = cluster_->api_of(*now);
    const auto has = [&](const std::string& id) {
      return leader.member("timelines/" + id, "token") == api_.token(id);
    };
    auto missing = many_;
    ASSERT_TRUE(eventually([&] {
      std::erase_if(missing, has);
      return missing.empty();
    }));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - led_since);
    std::cout << "all delivered " << took.count() << " ms after a node was active, after "
              << writes("error") << " failed deliveries\n";
    // It takes less than 1 s beside ten compilers, and took 5 s with a thirtieth of a core. Where
    // each failure of a burst made the pause longer it was 21 s and more.
    EXPECT_LT(took, std::chrono::seconds{12});
    for (const auto& id : many_) EXPECT_EQ(leader.version("timelines/" + id), 2U) << id;
    EXPECT_EQ(daemon_->stop(), 0);
  }

  const std::vector<std::string> many_{"w0", "w1", "w2", "w3", "w4",  "w5",
                                       "w6", "w7", "w8", "w9", "w10", "w11"};
  sandbox api_{{.workspaces = {"acme", "beta", "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8",
                               "w9", "w10", "w11"}}};
  std::unique_ptr<vault_cluster> cluster_;
  daemon_options settings_;
  std::unique_ptr<daemon> daemon_;
  std::size_t before_ready_ = 0;  ///< bytes of its output until it was ready
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

TEST_F(vault_of_three, delivers_to_all_within_seconds_after_a_leader_stepped_down) {
  expect_all_delivered_soon_after([&] { cluster_->step_down(); });
}

TEST_F(vault_of_three, delivers_to_all_within_seconds_after_a_leader_was_killed) {
  expect_all_delivered_soon_after([&] { cluster_->kill(cluster_->active()); });
}

}  // namespace
}  // namespace tokensyncd::tests
