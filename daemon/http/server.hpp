#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/runtime/async.hpp"

namespace tokensyncd::http {

/// Who connected to a Unix socket (SO_PEERCRED).
struct peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// A request as a handler sees it; valid until its reply has been sent.
struct server_request {
  std::string_view method;  ///< as sent: "GET", "POST", …
  std::string_view path;    ///< percent-encoded, without the query
  std::string_view query;   ///< without the '?'; empty where there is none
  std::string_view host;    ///< Host header; empty where there is none
  std::string_view accept;  ///< Accept header
  std::string_view body;
  std::optional<peer> from;  ///< on a Unix socket
};

/// What a handler answers; to a HEAD the same as to a GET, as the server leaves the content out.
struct reply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Where the answer is long: called again and again, one turn of the loop each, and sent as it
  /// goes (chunked, without any Content-Length). It replaces the text's content with the next piece
  /// and returns false when that was the last. `body` is not used then.
  std::function<bool(std::string& piece)> stream;
};

using handler = std::function<task<reply>(const server_request&)>;

/// Limits of one listener.
struct server_limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 16 * 1024;
  std::size_t connections = 64;  ///< over it the oldest that waits for a request goes
  std::chrono::milliseconds header_time{5'000};  ///< first byte to the end of a request
  std::chrono::milliseconds idle_time{30'000};   ///< between two requests
  std::chrono::milliseconds write_time{10'000};  ///< to take one piece of an answer
};

/// One listening socket and the connections that it accepted. For the loop's thread.
class server {
 public:
  /// Binds and listens on `host:port` (port 0: any). Throws std::runtime_error that says what to do
  /// when it can't.
  static std::unique_ptr<server> on_tcp(asio::io_context& loop, std::string_view host_port,
                                        server_limits limits);

  /// Binds and listens on a Unix socket with mode 0660, replacing a socket that nobody listens on.
  /// Throws std::runtime_error when somebody does, or when it can't.
  static std::unique_ptr<server> on_unix(asio::io_context& loop, const std::filesystem::path& path,
                                         server_limits limits);

  virtual ~server() = default;

  /// Accepts and answers until the coroutine is cancelled; then finishes the replies in progress
  /// (a second at most) and closes everything. A handler that throws is answered with 500.
  virtual task<void> serve(handler answer) = 0;

  /// The port bound, 0 for a Unix socket.
  [[nodiscard]] virtual unsigned short port() const = 0;
};

}  // namespace tokensyncd::http
