#pragma once

#include <optional>

#include <boost/asio/ssl/stream.hpp>

#include "daemon/http/connection.hpp"
#include "daemon/http/dialing.hpp"
#include "daemon/http/tls_client.hpp"

namespace tokensyncd::http {

/// A connection's socket and, where the origin is https, TLS over it. Apart, so that few files
/// compile Asio's ssl.
struct connection::stream {
  using secure = asio::ssl::stream<tcp_socket&>;

  explicit stream(executor on) : socket(on) {}
  ~stream() { end_tls(); }

  void start_tls(SSL* state) { tls.emplace(socket, state); }
  void end_tls() noexcept {
    if (tls) mark_shut_down(tls->native_handle());
    tls.reset();
  }

  tcp_socket socket;
  std::optional<secure> tls;
};

}  // namespace tokensyncd::http
