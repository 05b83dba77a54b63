#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "daemon/http/client.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/file_stamp.hpp"

namespace tokensyncd::http {

/// The certificate and the private key with which we show a server who we are, out of two PEM files
/// that may be replaced while we run: by rename, in place or through Kubernetes' `..data` symlink.
///
/// Refused: a pair that doesn't match or that OpenSSL finds too weak, a key that is encrypted, and
/// all that secret_file refuses of a key's file. What is refused leaves the last good pair in use.
/// Reading blocks for as long as the file system does. For the loop's thread.
class client_certificate {
 public:
  /// Reads the pair, where `settings` have one, for connections of `context`. Throws
  /// std::runtime_error when it can't be used, or only one of the files is set.
  client_certificate(const client_tls& settings, SSL_CTX* context);

  /// Reads the pair again where one of the files has changed since (or couldn't be used). Whether
  /// another pair is in use now.
  bool renew(SSL_CTX* context);

  /// Shows it on a connection that is about to begin; nothing where there is none.
  void use_on(SSL* connection) const;

  /// Whether `connection` began with the pair that is in use.
  [[nodiscard]] bool is_on(const SSL* connection) const noexcept;

  /// A sentence about `host`, when `reason`, with which it ended `connection`, is that it wants or
  /// refuses a client certificate. None for anything else.
  [[nodiscard]] std::optional<failure> refusal(const SSL* connection, unsigned long reason,
                                               const std::string& host) const;

 private:
  struct deleter {
    void operator()(X509* one) const noexcept { X509_free(one); }
    void operator()(STACK_OF(X509) * chain) const noexcept;
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  };
  template <class T>
  using owned = std::unique_ptr<T, deleter>;

  struct pair {
    owned<X509> certificate;
    owned<STACK_OF(X509)> chain;
    owned<EVP_PKEY> key;
  };

  /// What differs in any file that was written or replaced.
  struct stamps {
    bool operator==(const stamps&) const = default;
    std::optional<file_stamp> certificate;
    std::optional<file_stamp> key;
  };

  static bool show(const pair& what, SSL* connection);
  [[nodiscard]] result<pair> read(SSL_CTX* context) const;
  [[nodiscard]] std::optional<failure> read_certificates(pair& into) const;
  [[nodiscard]] std::optional<failure> read_key(pair& into) const;
  [[nodiscard]] std::string words(int reason) const;

  std::filesystem::path cert_file_;  // empty: there is none
  std::filesystem::path key_file_;
  pair pair_;
  stamps read_at_;
  std::string trouble_;  // why what is in the files now isn't in use
};

}  // namespace tokensyncd::http
