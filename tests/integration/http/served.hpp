#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "daemon/http/server/server.hpp"
#include "tests/support/eventually.hpp"

namespace tokensyncd::tests {

/// The least request.
inline constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server that runs on a thread of its own until stop() or its end.
class served {
 public:
  using maker = std::function<std::unique_ptr<http::server>(asio::io_context&)>;

  served(const maker& make, http::handler answer) : server_(make(loop_)) {
    auto finished = [this](const std::exception_ptr& error) { error_ = error; };
    asio::co_spawn(loop_, server_->serve(std::move(answer)),
                   asio::bind_cancellation_slot(stop_.slot(), finished));
    thread_ = std::thread([this] { loop_.run(); });
  }
  served(http::server_limits limits, http::handler answer)
      : served(
            [limits](asio::io_context& loop) {
              return http::server::on_tcp(loop, "127.0.0.1:0", limits);
            },
            std::move(answer)) {}
  explicit served(http::handler answer) : served(http::server_limits{}, std::move(answer)) {}
  ~served() { stop(); }

  /// Cancels serve() and waits for its end.
  void stop() {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { stop_.emit(asio::cancellation_type::terminal); });
    thread_.join();
  }
  void begin_stop() {
    asio::post(loop_, [this] { stop_.emit(asio::cancellation_type::terminal); });
  }

  [[nodiscard]] unsigned short port() const { return server_->port(); }
  [[nodiscard]] bool ended_well() const { return !error_; }
  asio::io_context& loop() { return loop_; }
  http::server& server() { return *server_; }

 private:
  asio::io_context loop_;
  std::unique_ptr<http::server> server_;
  asio::cancellation_signal stop_;
  std::exception_ptr error_;
  std::thread thread_;
};

/// How a client connects.
struct call_options {
  std::string from = "127.0.0.1";  ///< its own address
  int receive_bytes = 0;           ///< SO_RCVBUF; 0: the system's
};

/// A client that says exactly what a test wants, and blocks, for as long as a failure may take.
class raw_client {
 public:
  explicit raw_client(unsigned short port, const call_options& how = {})
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval most{ceiling.count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    const int bytes = how.receive_bytes;
    if (bytes != 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, how.from.c_str(), &own.sin_addr);
    ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  explicit raw_client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() { ::close(socket_); }

  [[nodiscard]] bool is_open() const noexcept { return open_; }

  raw_client& say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }

  /// What comes until `end` has come, or the connection ends where it is empty.
  std::string hear(std::string_view end = {}) {
    std::string all;
    char bytes[4096];
    while (end.empty() || all.find(end) == std::string::npos) {
      const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }

  /// Waits for the other side to end the connection; false where it says something.
  bool is_ended() {
    char byte = 0;
    return ::recv(socket_, &byte, 1, 0) == 0;
  }

 private:
  int socket_;
  bool open_ = false;
};

/// A handler that tells what it was asked: METHOD|PATH|QUERY|HOST|BODY.
inline task<http::reply> tell(const http::server_request& request) {
  http::reply answer;
  answer.body = std::string{request.method} + '|' + std::string{request.path} + '|' +
                std::string{request.query} + '|' + std::string{request.host} + '|' +
                std::string{request.body} + '\n';
  co_return answer;
}

}  // namespace tokensyncd::tests
