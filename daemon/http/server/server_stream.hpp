#pragma once

#include <optional>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

/// An accepted socket and, where it is spoken, TLS over it. Errors come by reference. For the
/// loop's thread.
class server_stream {
 public:
  using socket_type = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;

  explicit server_stream(executor on) : socket(on) {}

  /// Takes `state` over and shakes hands.
  task<void> start_tls(SSL* state, boost::system::error_code& error);

  task<std::size_t> read_some(asio::mutable_buffer into, boost::system::error_code& error);

  /// Writes all of it.
  task<void> write(asio::const_buffer from, boost::system::error_code& error);

  /// Says that nothing more comes: close_notify (RFC 8446, section 6.1), and when the other side
  /// has sent its own, the end of TCP. Closing the socket ends the wait.
  task<void> end(boost::system::error_code& error);

  socket_type socket;

 private:
  std::optional<asio::ssl::stream<socket_type&>> tls_;
};

}  // namespace tokensyncd::http
