#include "tests/support/blocking_socket.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/eventually.hpp"

namespace tokensyncd::tests {

blocking_socket::blocking_socket(const std::string& where)
    : socket_(::socket(where.starts_with('/') ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{ceiling.count(), 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int error = where.starts_with('/') ? connect_unix(where) : connect_tcp(where);
  if (error != 0) {
    const auto why = errno;
    ::close(socket_);
    throw std::system_error(why, std::generic_category(), "connect to " + where);
  }
}

blocking_socket::~blocking_socket() {
  ::close(socket_);
}

void blocking_socket::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::string blocking_socket::read_all() const {
  std::string bytes;
  std::array<char, 64 * 1024> piece{};
  for (;;) {
    const auto size = ::recv(socket_, piece.data(), piece.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw std::system_error(errno, std::generic_category(), "receive");
    if (size == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
}

int blocking_socket::connect_unix(const std::string& path) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return connect_to(&address, sizeof address);
}

int blocking_socket::connect_tcp(const std::string& where) const {
  const auto colon = where.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(where.substr(colon + 1))));
  return connect_to(&address, sizeof address);
}

int blocking_socket::connect_to(const void* address, std::size_t size) const {
  sockaddr_storage any{};
  std::memcpy(&any, address, size);
  return ::connect(socket_, reinterpret_cast<const sockaddr*>(&any), static_cast<socklen_t>(size));
}

}  // namespace tokensyncd::tests
