#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "daemon/http/client/client.hpp"
#include "daemon/http/tls/authorities.hpp"
#include "daemon/http/tls/client_certificate.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

namespace tokensyncd::http {

/// How to verify one server, who we are to it, and its last TLS session. Compression and
/// renegotiation are off, and plaintext is cleansed from OpenSSL's buffers. For the loop's thread.
class tls_client {
 public:
  /// Who is told what, on the loop's thread; empty: nobody.
  struct listeners {
    /// Other authorities are believed from now on: a connection of before may come from one that no
    /// longer is.
    std::function<void()> on_authorities{};
    /// A sentence for the log: files can't be read.
    std::function<void(const std::string&)> tell{};
  };

  /// Verifies that the certificate is for `name` (a DNS name, sent as SNI, or an IP address, which
  /// isn't: RFC 6066, section 3) and comes from one of the authorities of `settings.ca_file`;
  /// `settings.server_name` isn't looked at. Throws std::runtime_error when a file can't be used.
  /// Blocks for as long as the file system does.
  tls_client(std::string name, bool name_is_address, const client_tls& settings,
             listeners who_is_told);
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;
  ~tls_client();

  /// Takes the files of the authorities and of our certificate as they are now; returns soon where
  /// their disk hangs, and takes them when it has answered.
  task<> look();

  /// A new connection's state, with our certificate as look() has found it and the last session to
  /// resume (none of another certificate); the caller's to SSL_free.
  [[nodiscard]] SSL* make();

  /// Why the handshake with `host` failed; `reason` is what OpenSSL said, 0 for nothing.
  [[nodiscard]] failure explain(const SSL* connection, unsigned long reason,
                                const std::string& host) const;

  /// The same for a connection that `host` ended after the handshake: in TLS 1.3 a client hears
  /// only from its first read that its certificate is lacking or refused. None when `reason` isn't
  /// that.
  [[nodiscard]] std::optional<failure> refusal(const SSL* connection, unsigned long reason,
                                               const std::string& host) const;

 private:
  static int keep_session(SSL* connection, SSL_SESSION* session);

  struct deleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
  };

  using context_ptr = std::unique_ptr<SSL_CTX, deleter>;

  [[nodiscard]] context_ptr make_context();
  void take(authorities::reading believed, client_certificate::reading shown);
  void tell_of_hang() const;

  std::string name_;
  bool name_is_address_;
  bool only_tls13_;
  authorities authorities_;
  std::unique_ptr<SSL_SESSION, deleter> session_;
  context_ptr context_;
  std::optional<client_certificate> certificate_;
  listeners told_;
  file_reader files_;
};

/// To be called before SSL_free: without it OpenSSL takes the session for broken and never resumes
/// it.
void mark_shut_down(SSL* connection) noexcept;

}  // namespace tokensyncd::http
