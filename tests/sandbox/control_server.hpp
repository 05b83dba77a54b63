#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tests/sandbox/control_api.hpp"

namespace tokensyncd::sandbox {

/// Serves the control API over plain HTTP on 127.0.0.1, on the same thread as the API itself: what
/// it answers has happened.
class control_server {
 public:
  /// Binds, listens and begins to accept. Throws where it can't.
  control_server(boost::asio::io_context& loop, control_api& api, unsigned short port);

  [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::awaitable<void> accept();

  control_api& api_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace tokensyncd::sandbox
