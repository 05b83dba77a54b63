#include "daemon/http/server/server_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

namespace tokensyncd::http {

task<void> server_stream::start_tls(SSL* state, boost::system::error_code& error) {
  tls_.emplace(socket, state);
  constexpr auto as = asio::ssl::stream_base::server;
  co_await tls_->async_handshake(as, asio::redirect_error(use_task, error));
}

task<std::size_t> server_stream::read_some(asio::mutable_buffer into,
                                           boost::system::error_code& error) {
  if (tls_) co_return co_await tls_->async_read_some(into, asio::redirect_error(use_task, error));
  co_return co_await socket.async_read_some(into, asio::redirect_error(use_task, error));
}

task<void> server_stream::write(asio::const_buffer from, boost::system::error_code& error) {
  if (tls_) {
    co_await asio::async_write(*tls_, from, asio::redirect_error(use_task, error));
  } else {
    co_await asio::async_write(socket, from, asio::redirect_error(use_task, error));
  }
}

task<void> server_stream::end(boost::system::error_code& error) {
  if (tls_) {
    // Ours is sent first, theirs is waited for: who never sends it is cut off by the caller's
    // deadline, as who never ends TCP is.
    co_await tls_->async_shutdown(asio::redirect_error(use_task, error));
    error.clear();
  }
  if (socket.is_open()) socket.shutdown(asio::socket_base::shutdown_send, error);
}

}  // namespace tokensyncd::http
