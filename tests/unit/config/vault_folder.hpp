#pragma once

#include <string>

#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {

/// A folder with the files that a Vault sink may name.
class vault_folder : public config_folder {
 public:
  vault_folder() {
    for (const auto* name :
         {"token", "role-id", "secret-id", "jwt", "ca.pem", "cert.pem", "key.pem"}) {
      write(name, "x\n");
    }
  }

  /// The errors of such a document.
  [[nodiscard]] std::string errors_with(const std::string& keys, const std::string& auth = token,
                                        const std::string& tls = "") const {
    return errors(document(keys, auth, tls));
  }

  /// A configuration with one Vault sink `v`. `keys` begin at 5:2, the value of `auth` at 6:8, that
  /// of `tls` at 7:7.
  static std::string document(const std::string& keys, const std::string& auth = token,
                              const std::string& tls = "") {
    return "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: w1, labels: "
           "{tier: gold}}]\n"
           "sinks: {v: {type: vault,\n " +
           keys + ",\n auth: " + auth + (tls.empty() ? "" : ",\n tls: " + tls) + "}}\n";
  }

  static constexpr const char* token = "{method: token, token_file: token}";
};

/// The keys that a Vault sink can't do without, beside `auth`.
inline const std::string least_keys = "addresses: ['https://v:8200'], path: 't/{workspace}'";

/// A value that is wrong, and the one error that it makes, from its line on.
struct row {
  std::string wrong;
  std::string expected;
};

inline std::string line(const row& one) {
  return "c.yaml:" + one.expected + "\n";
}

}  // namespace tokensyncd::config
