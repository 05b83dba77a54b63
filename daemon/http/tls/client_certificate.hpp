#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "daemon/http/client/client.hpp"
#include "daemon/http/tls/pem_pair.hpp"
#include "daemon/model/failure.hpp"

namespace tokensyncd::http {

/// The certificate and the private key with which we show a server who we are, out of two PEM files
/// that may be replaced while we run: by rename, in place or through Kubernetes' `..data` symlink.
///
/// Refused: a pair that doesn't match or that OpenSSL finds too weak, a key that is encrypted, and
/// all that secret_file refuses of a key's file. What is refused leaves the last good pair in use.
/// For the loop's thread.
class client_certificate {
  struct deleter {
    void operator()(X509* one) const noexcept { X509_free(one); }
    void operator()(STACK_OF(X509) * chain) const noexcept;
  };
  template <class T>
  using owned = std::unique_ptr<T, deleter>;

  struct pair {
    owned<X509> certificate;
    owned<STACK_OF(X509)> chain;
    owned_key key;
  };

 public:
  /// Reads the pair, where `settings` have one, for connections of `context`. Blocks for as long as
  /// the file system does. Throws std::runtime_error when it can't be used, or only one of the
  /// files is set.
  client_certificate(const client_tls& settings, SSL_CTX* context);

  /// What a read found: nothing new where there is neither a pair nor a trouble.
  struct reading {
    pem_pair::stamps at{};
    pair fresh{};
    std::string trouble{};
  };

  /// Reads the pair again where one of the files has changed since (or couldn't be used). Blocks;
  /// for any thread, as it owns what it uses.
  [[nodiscard]] std::function<reading()> reader(SSL_CTX* context) const;

  /// Takes what a reader() found. Whether another pair is in use now.
  bool take(reading found);

  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    return {paths_.certificate, paths_.key};
  }

  /// Shows it on a connection that is about to begin; nothing where there is none.
  void use_on(SSL* connection) const;

  /// Whether `connection` began with the pair that is in use.
  [[nodiscard]] bool is_on(const SSL* connection) const noexcept;

  /// A sentence about `host`, when `reason`, with which it ended `connection`, is that it wants or
  /// refuses a client certificate. None for anything else.
  [[nodiscard]] std::optional<failure> refusal(const SSL* connection, unsigned long reason,
                                               const std::string& host) const;

 private:
  static bool show(const pair& what, SSL* connection);
  [[nodiscard]] static result<pair> read(const pem_pair& from, SSL_CTX* context);
  [[nodiscard]] static std::optional<failure> read_certificates(const pem_pair& from, pair& into);
  [[nodiscard]] static std::optional<failure> read_key(const pem_pair& from, pair& into);
  [[nodiscard]] std::string words(int reason) const;

  pem_pair paths_;  // empty: there is none
  pair pair_;
  pem_pair::stamps read_at_;
  std::string trouble_;  // why what is in the files now isn't in use
};

}  // namespace tokensyncd::http
