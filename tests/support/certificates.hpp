#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tokensyncd::tests {

/// PEM files of a certificate with its key.
struct key_pair {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// What a server's certificate, or a client's, says.
struct certificate_request {
  std::vector<std::string> names{};      ///< DNS names; the common name is that of the files
  std::vector<std::string> addresses{};  ///< IP addresses
  std::chrono::hours valid_from{-1};     ///< counted from now
  std::chrono::hours valid_until{24};
  std::string usage = "serverAuth";  ///< or clientAuth
  unsigned rsa_bits = 0;             ///< of its key; 0: ECDSA's P-256
  bool sha1 = false;                 ///< signs with SHA-1, else with SHA-256
};

/// An authority with a key of its own, made at once. Its files, and those of what it issues, are
/// NAME.pem and NAME-key.pem (0600) in `directory`. Throws std::runtime_error where it can't.
class certificate_authority {
 public:
  certificate_authority(std::filesystem::path directory, const std::string& name,
                        std::chrono::hours valid_until = std::chrono::hours{480});

  /// The authority's own certificate, for clients to trust.
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return own_.certificate; }

  /// The name that a directory of OpenSSL's has it under.
  [[nodiscard]] std::string hashed_name() const;

  /// Issues a certificate; `file_name` names its files.
  [[nodiscard]] key_pair issue(const std::string& file_name, const certificate_request& what) const;

  /// Makes an authority whose certificate comes from this one.
  [[nodiscard]] certificate_authority issue_authority(const std::string& name) const;

 private:
  certificate_authority(std::filesystem::path directory, key_pair own)
      : directory_(std::move(directory)), own_(std::move(own)) {}

  std::filesystem::path directory_;
  key_pair own_;
};

/// How an encrypted key is written: PKCS #8, or the form of old with its headers.
enum class key_form { pkcs8, traditional };

/// Encrypts the private key in `key`. Throws std::runtime_error where it can't.
void encrypt_key(const std::filesystem::path& key, key_form form);

}  // namespace tokensyncd::tests
