#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vault.hpp"

namespace tokensyncd::tests {

/// Three nodes of a real server with storage of their own (raft), unsealed, on loopback; KV version
/// 2 at `secret`, and logins by AppRole. Needs real_vault().
class vault_cluster {
 public:
  static constexpr std::size_t size = 3;

  vault_cluster();
  ~vault_cluster();
  vault_cluster(const vault_cluster&) = delete;
  vault_cluster& operator=(const vault_cluster&) = delete;

  [[nodiscard]] std::string address(std::size_t node) const { return "http://" + where_.at(node); }
  /// The number of the active node; waits until there is one.
  [[nodiscard]] std::size_t active() const;
  /// The number of the active node; none where no node that answers is active now.
  [[nodiscard]] std::optional<std::size_t> active_now() const;
  /// The first node's API, as root.
  [[nodiscard]] vault& api() { return *api_; }
  [[nodiscard]] vault api_of(std::size_t node) const;

  /// Waits until every node may vote: a node that has joined may do so some 10 s later, and without
  /// it the others have no majority, or nobody to elect.
  void wait_for_voters() const;
  /// The active node gives up its office.
  void step_down();
  /// Ends a node (SIGKILL); what is left has to elect another leader where it was the active one.
  void kill(std::size_t node);

 private:
  void start(std::size_t node);
  [[nodiscard]] unsigned health(std::size_t node) const;
  http_answer ask(std::size_t node, std::string_view method, const std::string& path,
                  const boost::json::object& body = {}) const;

  temporary_directory directory_;
  std::vector<std::string> where_;
  std::string root_;
  std::vector<std::unique_ptr<process>> nodes_;
  std::unique_ptr<vault> api_;
};

}  // namespace tokensyncd::tests
