#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokensyncd::tests {

/// A connection without any event loop. Everything throws std::system_error where it fails.
class blocking_socket {
 public:
  /// `where`: `host:port` (an IPv4 address), or the absolute path of a Unix socket.
  explicit blocking_socket(const std::string& where);
  ~blocking_socket();
  blocking_socket(const blocking_socket&) = delete;
  blocking_socket& operator=(const blocking_socket&) = delete;

  [[nodiscard]] int descriptor() const { return socket_; }
  void write(std::string_view bytes) const;

  /// All bytes until the other side closes.
  [[nodiscard]] std::string read_all() const;

 private:
  [[nodiscard]] int connect_unix(const std::string& path) const;
  [[nodiscard]] int connect_tcp(const std::string& where) const;
  [[nodiscard]] int connect_to(const void* address, std::size_t size) const;

  int socket_;
};

}  // namespace tokensyncd::tests
