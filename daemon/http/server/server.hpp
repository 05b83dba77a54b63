#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/http/text/message.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"

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
  std::string_view path;    ///< percent-encoded, without the query; begins with a slash
  std::string_view query;   ///< without the '?'; empty where there is none
  std::string_view host;    ///< of a whole URL as the target, else the Host header's; may be empty
  std::string_view accept;  ///< Accept header
  std::string_view body;
  std::optional<peer> from;       ///< on a Unix socket
  std::span<const field> fields;  ///< all headers, as sent

  /// Value of the header `name` (any case); none where it isn't there exactly once.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
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
  bool last = false;  ///< ends the connection, also where it could be kept
};

/// What became of a certificate whose files changed.
enum class certificate_change : std::uint8_t { taken, refused };

/// Takes a sentence for the log about such a change.
using certificate_notice = std::function<void(certificate_change how, const std::string& sentence)>;

class server_certificate;

/// A certificate (PEM chain) with its key (PEM) for servers to show; both are taken anew when
/// either file changes, and while they can't be used the pair from before stays in use, of which
/// `tell` hears once a reason. Throws std::runtime_error that says what to do when they can't be
/// used now.
[[nodiscard]] std::shared_ptr<server_certificate> load_certificate(
    const std::filesystem::path& cert_file, const std::filesystem::path& key_file,
    certificate_notice tell);

using handler = std::function<task<reply>(const server_request&)>;

/// Limits of one listener.
struct server_limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 16 * 1024;
  /// Over it one goes: what only waits for its end, else one of the peer with the most, what waits
  /// for a request before what isn't taking its answer. None whose answer is being made.
  std::size_t connections = 64;
  /// So many of the process's descriptors are left to others: where fewer are free, one goes for
  /// each that comes.
  int spare_descriptors = 0;
  std::chrono::milliseconds handshake_time{5'000};
  std::chrono::milliseconds header_time{5'000};  ///< first byte to the end of a request
  std::chrono::milliseconds idle_time{30'000};   ///< between two requests
  std::chrono::milliseconds write_time{10'000};  ///< to take one piece of an answer
  std::chrono::milliseconds end_time{1'000};     ///< for the other side to end it too
};

/// One listening socket and the connections that it accepted. For the loop's thread.
class server {
 public:
  /// Binds and listens on `host:port` (port 0: any; `only_ipv6`: see listen_on_tcp()). Throws
  /// std::runtime_error that says what to do when it can't.
  static std::unique_ptr<server> on_tcp(asio::io_context& loop, std::string_view host_port,
                                        server_limits limits, bool only_ipv6 = false);

  /// Binds and listens on a Unix socket with mode 0660, replacing a socket that nobody listens on.
  /// Its file is removed at the end, where it is still the one that was made. Throws
  /// std::runtime_error when somebody does, or when it can't.
  static std::unique_ptr<server> on_unix(asio::io_context& loop, const std::filesystem::path& path,
                                         server_limits limits);

  virtual ~server() = default;

  /// What connections that come from now on are shown: TLS is spoken with them alone. Null: plain
  /// HTTP.
  virtual void use_tls(std::shared_ptr<server_certificate> shown) = 0;

  /// Has somebody told of each request that the server refuses by itself, with its status: what is
  /// no HTTP, is too large, or came too slowly.
  virtual void on_refusal(std::function<void(unsigned status)> told) = 0;

  /// Accepts and answers until the coroutine is cancelled; then finishes the replies in progress
  /// (a second at most) and closes everything. A handler that throws is answered with 500.
  virtual task<void> serve(handler answer) = 0;

  /// Looks whether a Unix socket's file is still the one that was made, and where it isn't, binds
  /// and listens anew as on_unix() does: true. Connections go on. A failure (io_error) where it
  /// can't, as where another program listens there. False while the look hangs, and over TCP.
  virtual task<result<bool>> listen_again() = 0;

  /// The port bound, 0 for a Unix socket.
  [[nodiscard]] virtual unsigned short port() const = 0;
};

}  // namespace tokensyncd::http
