#pragma once

#include <optional>

#include <boost/asio/ssl/stream.hpp>

#include "daemon/http/client/connection.hpp"
#include "daemon/http/client/dialing.hpp"
#include "daemon/http/tls/tls_client.hpp"

namespace tokensyncd::http {

/// A connection's socket and, where the origin is https, TLS over it. Apart, so that few files
/// compile Asio's ssl.
struct connection::stream {
  using secure = asio::ssl::stream<tcp_socket&>;

  explicit stream(executor on) : socket(on) {}
  ~stream() { end_tls(); }

  void start_tls(SSL* state) {
    tls.emplace(socket, state);
    // Asio asks for buffers to be given back between two records: with our option to wipe what was
    // read, OpenSSL 3.0 then wipes 17 KB for each answer. Kept, they are wiped with the connection.
    SSL_clear_mode(state, SSL_MODE_RELEASE_BUFFERS);
  }
  void end_tls() noexcept {
    if (tls) mark_shut_down(tls->native_handle());
    tls.reset();
  }

  /// Looks for what came without having been asked for: would_block where nothing did, no error
  /// where bytes did, else how the other side ended the connection. The socket must be non-blocking
  /// for its user.
  boost::system::error_code listen() noexcept;

  tcp_socket socket;
  std::optional<secure> tls;

 private:
  [[nodiscard]] bool is_readable() noexcept;
  [[nodiscard]] bool has_read_all() noexcept;
  [[nodiscard]] bool is_mid_record() noexcept;
};

}  // namespace tokensyncd::http
