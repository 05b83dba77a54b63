#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "daemon/http/server/accepted_connections.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/http/server/socket_file.hpp"

namespace tokensyncd::http {

/// The server behind server.hpp, over any listening socket. For the loop's thread.
class socket_server final : public server {
 public:
  /// Takes `listener` over; `path` is what to remove at the end, empty for TCP.
  socket_server(asio::io_context& loop, int listener, std::filesystem::path path,
                server_limits limits);
  ~socket_server() override;

  void use_tls(std::shared_ptr<server_certificate> shown) override { shown_ = std::move(shown); }
  void on_refusal(std::function<void(unsigned)> told) override { refused_ = std::move(told); }
  task<void> serve(handler answer) override;
  task<result<bool>> listen_again() override;
  [[nodiscard]] unsigned short port() const override;

 private:
  /// What came of trying to accept.
  enum class accepted { one, none, no_room };

  accepted accept_one();

  asio::io_context& loop_;
  asio::posix::basic_stream_descriptor<executor> listener_;
  int family_;
  socket_file file_;
  server_limits limits_;
  handler handler_;
  std::function<void(unsigned)> refused_;
  std::shared_ptr<server_certificate> shown_;
  accepted_connections connections_;
};

}  // namespace tokensyncd::http
