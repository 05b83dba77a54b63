#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "tests/support/certificates.hpp"
#include "tests/support/http_call.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// The real thing in dev mode, or the stand-in for it (tests/vault_sandbox).
enum class vault_kind { stand_in, real };

/// The program of a real server: `vault` or `bao` on PATH, or else the one that
/// tests/support/openbao has fetched; none where none is there.
[[nodiscard]] std::optional<std::filesystem::path> real_vault();

struct vault_options {
  vault_kind kind = vault_kind::stand_in;
  std::optional<key_pair> tls{};      ///< stand-in: https
  std::filesystem::path client_ca{};  ///< stand-in: asks for client certificates
  bool old = false;                   ///< stand-in: as Vault 1.8, without custom metadata
  std::string running{};              ///< real: `host:port` of one that runs; then `root` is needed
  std::string root{};
};

/// What an AppRole logs in with.
struct approle_ids {
  std::string role_id;
  std::string secret_id;
};

/// A running server of Vault on loopback, with KV version 2 at `secret` and version 1 at `kv1`.
class vault {
 public:
  explicit vault(const vault_options& options = {});
  ~vault();
  vault(const vault&) = delete;
  vault& operator=(const vault&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] const std::string& root_token() const { return root_; }

  /// Any call of Vault's own API (`path` after /v1/), as root where no token is named.
  http_answer ask(std::string_view method, const std::string& path,
                  const boost::json::object& body = {}, const std::string& token = {}) const;

  /// A policy by path patterns and their capabilities.
  void policy(const std::string& name,
              const std::map<std::string, std::vector<std::string>>& rules);
  /// An AppRole with these policies; a secret id is made with it.
  approle_ids approle(const std::string& name, const std::vector<std::string>& policies,
                      const std::string& ttl = "1h");
  /// One more secret id of an AppRole.
  std::string secret_id(const std::string& role);
  void destroy_secret_id(const std::string& role, const std::string& id);
  /// A wrapping token for a new secret id of an AppRole.
  std::string wrapped_secret_id(const std::string& role);

  /// Real: the server ends, and another one takes its place that has nothing of it, as a backup
  /// restored into an empty cluster would be; its root token is the same.
  void replace_by_an_empty_one();
  /// Real: so many calls a second, of everybody together; 0: any number.
  void limit_rate(unsigned a_second);

  void seal();
  void unseal();
  void require_cas(bool required);

  /// Writes as somebody else would; KV version 2 at `secret`.
  void write(const std::string& path, const boost::json::object& data);
  void remove(const std::string& path);
  /// The number of the newest version; 0 where nothing was ever written.
  [[nodiscard]] std::uint64_t version(const std::string& path) const;
  /// A member of the newest version; empty where it isn't there.
  [[nodiscard]] std::string member(const std::string& path, std::string_view name) const;
  [[nodiscard]] boost::json::object custom_metadata(const std::string& path) const;
  /// Whether it has custom metadata at all: Vault since 1.9, and OpenBao. Writes a secret to see.
  [[nodiscard]] bool has_custom_metadata();

  // -- the stand-in alone ------------------------------------------------------------------------

  /// One verb of its control port (see tests/vault_sandbox/server.py).
  boost::json::value control(const std::string& verb, const boost::json::object& body = {}) const;
  /// The next requests that fit are answered so.
  void fault(const boost::json::object& what) { control("fault", what); }
  /// How many requests of a method there were whose path begins so, since forget().
  [[nodiscard]] std::size_t count(std::string_view method, std::string_view prefix) const;
  /// When each of them came, in seconds of the server's clock, in order.
  [[nodiscard]] std::vector<double> times() const;
  void forget() { control("forget"); }

 private:
  void start_real();
  void run_real();
  void start_stand_in(const vault_options& options);

  temporary_directory directory_;
  vault_kind kind_;
  std::string root_ = "root";
  std::string address_;
  std::string where_;  // host:port of plain HTTP
  std::string control_where_;
  std::string unseal_key_;
  std::unique_ptr<process> process_;
};

}  // namespace tokensyncd::tests
