#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "tests/sandbox/partner_api.hpp"
#include "tests/sandbox/waiting_room.hpp"

namespace tokensyncd::sandbox {

/// How the Partner API's port is opened.
struct api_server_options {
  std::string address = "127.0.0.1";
  unsigned short port = 0;
  std::filesystem::path certificate;
  std::filesystem::path key;
  bool only_tls12 = false;
};

/// Serves the Partner API over TLS, one coroutine a connection, on one thread. `everything` must
/// outlive `loop`, as the connections that still stand when that ends refer to it.
class api_server {
 public:
  struct shared {
    explicit shared(world& everything) : facts(everything), api(everything) {}
    world& facts;
    partner_api api;
    waiting_room held;
    std::unordered_set<boost::asio::ip::tcp::socket*> idle;  ///< between two requests
  };

  /// Binds, listens and begins to accept. Throws where it can't.
  api_server(boost::asio::io_context& loop, shared& everything, const api_server_options& options);

  [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::awaitable<void> accept();

  shared& shared_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace tokensyncd::sandbox
