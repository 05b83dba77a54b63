#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/vault.hpp"

namespace tokensyncd::tests {

/// A Vault, an API, and a daemon that brings the tokens of `acme` and `beta` to files and to
/// `secret/timelines/{workspace}`.
class vault_world {
 public:
  explicit vault_world(const vault_options& options = {},
                       const std::vector<std::string>& workspaces = {"acme", "beta"})
      : api_({.workspaces = workspaces}), vault_(options) {
    vault_.policy("tokensyncd",
                  {{"secret/data/timelines/*", {"create", "read", "update", "delete"}},
                   {"secret/metadata/timelines/*", {"create", "read", "update"}},
                   {"kv1/timelines/*", {"create", "read", "update", "delete"}}});
    const approle_ids ids = vault_.approle("tokensyncd", {"tokensyncd"});
    settings_.workspaces = workspaces;
    settings_.more = "workspace_defaults: {sinks: [files, vault]}\n";
    settings_.sinks_more = sink();
    daemon_ = std::make_unique<daemon>(api_, settings_);
    write_file(daemon_->directory() / "role-id", ids.role_id);
    write_file(daemon_->directory() / "secret-id", ids.secret_id);
    for (const auto& id : workspaces) api_.rotate(id);
  }

  /// The sink's section, with lines of one's own.
  [[nodiscard]] std::string sink(const std::string& more = "",
                                 const std::string& path = "timelines/{workspace}") const {
    return section("{method: approle, role_id_file: role-id, secret_id_file: secret-id}", more,
                   path);
  }
  /// The same with another login.
  [[nodiscard]] std::string section(const std::string& auth, const std::string& more = "",
                                    const std::string& path = "timelines/{workspace}") const {
    return "vault:\n  type: vault\n  addresses: [\"" + vault_.address() + "\"]\n  path: \"" + path +
           "\"\n  auth: " + auth + "\n" + more;
  }
  void configure(const std::string& section) {
    settings_.sinks_more = section;
    daemon_->configure(settings_);
  }

  /// What a daemon that isn't running has noted is gone.
  void lose_state() const {
    for (const char* file : {"state.db", "state.db-wal", "state.db-shm"})
      std::filesystem::remove(daemon_->directory() / file);
  }

  /// Gives a workspace a new token and has it asked for.
  void rotate(const std::string& workspace = "acme") {
    api_.rotate(workspace);
    sync(workspace);
  }
  void sync(const std::string& workspace = "acme") {
    (void)daemon_->ask("/-/sync/" + workspace, "POST");
  }

  /// Whether Vault has the newest token.
  [[nodiscard]] bool has(const std::string& workspace = "acme") {
    return vault_.member("timelines/" + workspace, "token") == api_.token(workspace);
  }
  [[nodiscard]] bool gets(const std::string& workspace = "acme") {
    return eventually([&] { return has(workspace); });
  }
  [[nodiscard]] bool is_signed(const std::string& workspace = "acme") const {
    return vault_.custom_metadata("timelines/" + workspace).contains("generation");
  }
  [[nodiscard]] bool in_sync(const std::string& workspace = "acme") const {
    return sink_of(workspace).at("in_sync").as_bool();
  }
  [[nodiscard]] boost::json::object sink_of(const std::string& workspace = "acme") const {
    return daemon_->status(workspace).at("sinks").at("vault").as_object();
  }
  [[nodiscard]] std::string trouble(const std::string& workspace = "acme") const {
    const auto sink = sink_of(workspace);
    const auto* said = sink.at("last_error").if_string();
    return said == nullptr ? "" : std::string{*said};
  }
  /// Waits until the delivery to `acme` has failed with a sentence that has `what`. That any
  /// delivery has failed says nothing of it: another workspace may have been first.
  [[nodiscard]] testing::AssertionResult says(const std::string& what) const {
    std::string said;
    const bool is_said = eventually([&] {
      said = trouble();
      return said.find(what) != std::string::npos;
    });
    return is_said ? testing::AssertionSuccess() : testing::AssertionFailure() << "says: " << said;
  }
  [[nodiscard]] double writes(const std::string& how) const {
    return daemon_->metric("tokensyncd_sink_writes_total{result=\"" + how + "\",sink=\"vault\"}");
  }

  sandbox api_;
  vault vault_;
  daemon_options settings_;
  std::unique_ptr<daemon> daemon_;
};

}  // namespace tokensyncd::tests
