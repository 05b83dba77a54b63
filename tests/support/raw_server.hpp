#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/certificates.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace tokensyncd::tests {

/// One accepted connection, for a script that blocks.
class raw_connection {
 public:
  raw_connection(int socket, ssl_st* tls, unsigned index);
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;
  ~raw_connection();

  /// Reads one request with its Content-Length; empty when the client ended the connection.
  std::string read_request();
  /// Reads what there is; empty at the end.
  std::string read_some();
  /// Sends bytes as they are; false when the client has gone.
  bool send(std::string_view bytes);
  /// Sends a whole answer of status 200 with `body`.
  bool answer(std::string_view body) { return send(ok(body)); }
  /// Has one more TLS 1.3 session sent, with the next bytes.
  void send_ticket();
  /// Sends at once what TLS 1.3 may say between two answers: a session ticket and a key update.
  void send_between_answers();
  /// Keeps what is sent from now on, until hold_back(false) sends it in one segment.
  void hold_back(bool held = true);
  /// Ends it in order: TLS's close_notify, then the socket.
  void end();
  /// Ends the socket without TLS being told.
  void cut();
  /// Ends the socket with a reset.
  void reset();
  /// Passes bytes on, both ways, between the client and a server on this machine, until either
  /// ends. `to_client`, where there is one, may change what goes to the client.
  void tunnel_to(unsigned short port, const std::function<void(std::string&)>& to_client = {});
  /// Waits until the client has ended it.
  void wait_for_end();

  [[nodiscard]] unsigned index() const noexcept { return index_; }  ///< 0 for the first one
  [[nodiscard]] bool resumed() const;                               ///< a resumed TLS session
  [[nodiscard]] std::string server_name() const;                    ///< SNI; empty: none sent
  [[nodiscard]] std::string client_name() const;  ///< CN of its certificate; empty: none shown

  static std::string ok(std::string_view body);

 private:
  int socket_;
  ssl_st* tls_;
  unsigned index_;
  std::string unread_;
};

/// TLS versions by name.
enum class tls_version { v1_1, v1_2, v1_3 };

/// Settings of a raw_server.
struct raw_server_options {
  std::optional<key_pair> tls{};  ///< absent: plain
  tls_version newest = tls_version::v1_3;
  std::filesystem::path client_authority{};  ///< whose certificate clients must have; empty: none
  std::string before_the_client_is_done{};   ///< sent with the server's part of a 1.3 handshake
  std::string address = "127.0.0.1";         ///< to listen on
  unsigned short port = 0;                   ///< 0: any
};

/// A server that does what a script says, one thread a connection. Its destructor ends all of
/// them.
class raw_server {
 public:
  using script = std::function<void(raw_connection&)>;

  raw_server(raw_server_options options, script what);
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;
  ~raw_server() { stop(); }

  /// Ends all connections and waits for their scripts: what those wrote may be read after that.
  void stop();

  [[nodiscard]] unsigned short port() const noexcept { return port_; }
  /// Connections accepted since start.
  [[nodiscard]] unsigned accepted() const noexcept { return accepted_; }

 private:
  void accept_all();
  void serve(int socket, unsigned index);
  bool shake_hands(ssl_st* tls) const;

  script script_;
  std::string early_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<unsigned> accepted_ = 0;
  std::mutex lock_;
  bool stopping_ = false;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A listening socket that doesn't answer: its queue is full, so connecting to it hangs.
class black_hole {
 public:
  /// Throws where the port is taken on `address`.
  black_hole(const std::string& address, unsigned short port);
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;
  ~black_hole();

  [[nodiscard]] unsigned short port() const noexcept { return port_; }

 private:
  unsigned short port_ = 0;
  std::vector<int> sockets_;
};

}  // namespace tokensyncd::tests
