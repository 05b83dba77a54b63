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

#include "daemon/http/client/host_lookup.hpp"
#include "daemon/http/text/message.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

using std::chrono::milliseconds;

/// How the server is verified, and who we say we are. TLS is always verified; there is no switch to
/// turn that off.
struct client_tls {
  std::filesystem::path ca_file;  ///< PEM, see authorities.hpp; empty: the system's
  std::string server_name;        ///< for SNI and verification; empty: the URL's host
  bool only_tls13 = false;        ///< else 1.2 or 1.3

  /// PEM: our certificate, then those between it and its authority. Both files or neither; empty:
  /// we show none. Looked at for each new connection: a pair that has changed is used from then on,
  /// one that can't be used leaves the one before in use, and is told when the server refuses that.
  std::filesystem::path cert_file;
  std::filesystem::path key_file;  ///< PEM, not encrypted; not where everybody may write it
};

/// One named limit for each phase of a call; a call as a whole ends at `total`.
struct client_limits {
  milliseconds resolve{5'000};
  milliseconds connect{5'000};    ///< each address is given up earlier: a dead one costs 250 ms
  milliseconds handshake{5'000};  ///< proxy's CONNECT and TLS
  milliseconds total{10'000};     ///< waiting for a free connection to the last byte
  milliseconds idle{55'000};      ///< an unused connection is closed after this
  milliseconds renewal{30'000};   ///< how old what kept connections rest on may be
  std::size_t header_bytes = 16 * 1024;
  std::size_t header_count = 100;
  std::size_t body_bytes = 64 * 1024;
};

/// A client for one origin.
struct client_options {
  std::string origin;            ///< `https://host[:port]` or `http://…`; no path
  unsigned max_connections = 4;  ///< calls over it wait their turn
  std::string user_agent;
  std::string proxy;  ///< `http://host[:port]`: CONNECT for https; empty: direct
  std::filesystem::path
      proxy_auth_file;  ///< `user:password`, read at each new connection; empty: none
  std::shared_ptr<const secret>
      proxy_credentials;  ///< the same where there is no file; may be null
  client_limits limits;
  client_tls tls;
  /// Takes a sentence for the log about files that can't be read as their disk hangs; empty: nobody
  /// is told.
  std::function<void(const std::string&)> tell;
  http::look_up look_up;  ///< asked for each new connection; empty: the system's
};

/// What a call needs. The views must stay valid until it is done.
struct request {
  http::method method = http::method::get;
  std::string_view target;          ///< path and query, already percent-encoded
  std::span<const header> headers;  ///< beside Host, User-Agent, Accept, Content-Length
  std::string_view body;            ///< not sent with get and del
  /// Opens a connection for it, instead of taking a kept one that the other side may be closing:
  /// for what can't be repeated and shouldn't be lost.
  bool needs_fresh_connection = false;
  /// Where not null, set to true when the first byte of it may leave: until then the other side
  /// can't have done anything.
  bool* begun = nullptr;
};

class connection_pool;
class connection;

/// Gives a connection back to its pool.
struct return_connection {
  void operator()(connection* used) const noexcept;
};
using connection_lease = std::unique_ptr<connection, return_connection>;

/// A whole answer (status ≥ 200, all of its body), lent out of its connection's buffer. When
/// it is destroyed the bytes are wiped and the connection goes back to the pool, so it should live
/// no longer than the answer is being read, and not across a co_await that waits for something
/// else. For the loop's thread.
class answer {
 public:
  [[nodiscard]] unsigned status() const noexcept;
  [[nodiscard]] std::string_view body() const noexcept;

  /// Value of the header `name` (any case); none where it is absent or not exactly once there.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;

  /// Has the connection closed afterwards instead of kept: for what can't be the answer to this
  /// call, and for what sticks to a connection (a CDN's 403).
  void discard_connection() noexcept;

 private:
  friend class client;
  explicit answer(connection_lease lease) noexcept;
  connection_lease lease_;
};

/// Keep-alive HTTP/1.1 over verified TLS to one origin.
///
/// Each new connection asks DNS again, races its addresses (RFC 8305, 250 ms apart) and resumes the
/// last TLS session. While calls go on, DNS is asked again every 30 s beside them, and the
/// authorities' files are looked at: a connection to an address that the host no longer has, or
/// that was verified with authorities that have changed, makes no further call. Redirects aren't
/// followed and nothing is decompressed: both are answers like any other. Answers that Beast lets
/// pass but RFC 9112 doesn't are `malformed` (message_reader.hpp lists them), and so are bytes
/// after an answer and more than a few 1xx before it. An answer that ends with its connection is
/// complete only where TLS says so (close_notify). A connection on which something came that no
/// call asked for is closed instead of used (RFC 9112, section 9.2). A GET whose kept connection
/// turns out to be closed, before a byte of an answer, is asked once more on a fresh one; nothing
/// else is. For the loop's thread. Calls and answers must be over before it is destroyed.
class client {
 public:
  /// Throws std::runtime_error when `options` can't be used: CA file or client certificate
  /// unreadable, pair mismatched, key encrypted, origin malformed.
  client(asio::io_context& loop, client_options options);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Makes one call. Failures: unreachable, tls, timed_out, cut, malformed, too_large; their
  /// sentences name the origin's host and the phase. Cancelling the coroutine discards the
  /// connection and throws system_error(operation_aborted).
  task<result<answer>> call(const request& what);

  /// Connections opened since start, for tests and figures.
  [[nodiscard]] std::uint64_t connections_opened() const noexcept;

 private:
  std::unique_ptr<connection_pool> pool_;
};

}  // namespace tokensyncd::http
