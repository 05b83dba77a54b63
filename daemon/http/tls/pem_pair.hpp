#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include <openssl/bio.h>
#include <openssl/evp.h>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/fs/file_stamp.hpp"

namespace tokensyncd::http {

/// The two PEM files of a certificate and its private key. Each may be replaced at any time.
struct pem_pair {
  /// What differs in any file that was written or replaced.
  struct stamps {
    bool operator==(const stamps&) const = default;
    std::optional<file_stamp> certificate;
    std::optional<file_stamp> key;
  };

  std::filesystem::path certificate;
  std::filesystem::path key;

  /// Two stat calls.
  [[nodiscard]] stamps look() const { return {stamp_of(certificate), stamp_of(key)}; }
};

struct free_key {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using owned_key = std::unique_ptr<EVP_PKEY, free_key>;

struct free_bio {
  void operator()(BIO* bytes) const noexcept { BIO_free(bytes); }
};
using owned_bio = std::unique_ptr<BIO, free_bio>;

struct private_key {
  owned_key key;  ///< null: the file holds no private key in PEM that can be read
  bool encrypted = false;
};

/// Reads a private key, and never asks for a passphrase. Failures: those of read_secret_file().
/// Blocks; for any thread.
[[nodiscard]] result<private_key> read_private_key(const std::filesystem::path& file);

/// For OpenSSL's PEM readers, which would ask the terminal for a passphrase. `asked`: null, or a
/// bool that becomes true.
int refuse_passphrase(char* buffer, int size, int writes, void* asked) noexcept;

}  // namespace tokensyncd::http
