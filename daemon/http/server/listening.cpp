#include "daemon/http/server/listening.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd::http {
namespace {

constexpr int queue = 128;
constexpr mode_t socket_mode = 0660;

owned_fd new_socket(int family) {
  return owned_fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

/// Ports below `net.ipv4.ip_unprivileged_port_start` are for whoever has CAP_NET_BIND_SERVICE.
constexpr unsigned long first_free_port = 1024;

std::string sentence(std::string_view where, const std::string& why) {
  return "cannot listen on " + std::string{where} + ": " + why;
}

[[noreturn]] void fail(std::string_view where, const std::string& why) {
  throw std::runtime_error(sentence(where, why));
}

failure by_errno(std::string_view where, int code) {
  const auto made = [where](failure_kind kind, const char* why) {
    return failure{kind, sentence(where, why)};
  };
  const bool is_path = where.starts_with('/');
  switch (code) {
    case EADDRINUSE:
      return made(failure_kind::busy,
                  "another program listens there; stop it or choose another address");
    case EACCES:
    case EPERM:
      return made(
          failure_kind::no_permission,
          is_path ? "the daemon's user may not write in its directory; grant write permission there"
                  : "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return made(failure_kind::invalid, "this machine has no such address; correct it");
    case ENOENT:
      return made(failure_kind::missing_place,
                  "its directory does not exist; create it, writable by the daemon's user");
    case ENOTDIR:
      return made(failure_kind::missing_place, "its parent is not a directory; correct the path");
    case EROFS:
      return made(failure_kind::no_permission,
                  "its file system is mounted read-only; choose another path");
    default:
      return {failure_kind::io_error, sentence(where, std::strerror(code))};
  }
}

[[noreturn]] void fail_by_errno(std::string_view where) {
  throw std::runtime_error(by_errno(where, errno).sentence);
}

failure no_socket(const std::filesystem::path& path) {
  return {failure_kind::wrong_place,
          sentence(path.native(), "a file that is not a socket is in its place; remove it")};
}

std::pair<std::string, std::string> split(std::string_view host_port) {
  const auto colon = host_port.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == host_port.size())
    fail(host_port, "it needs a port (host:port)");
  // getaddrinfo(3) takes larger numbers, modulo 65536.
  const std::string_view port = host_port.substr(colon + 1);
  unsigned short number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size())
    fail(host_port, "its port is not a number from 0 to 65535");
  std::string_view host = host_port.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string{host}, std::string{port}};
}

/// Whether somebody listens on the socket at `path`.
bool is_alive(const sockaddr_un& at) {
  const owned_fd probe = new_socket(AF_UNIX);
  return ::connect(probe.number(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ||
         errno != ECONNREFUSED;
}

void remove_stale(const std::filesystem::path& path, const sockaddr_un& at) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    fail_by_errno(path.native());
  }
  if (!S_ISSOCK(found.st_mode)) throw std::runtime_error(no_socket(path).sentence);
  if (is_alive(at))
    fail(path.native(),
         "another program listens there; check whether tokensyncd is already running");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_by_errno(path.native());
}

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

address_list resolve(std::string_view host_port) {
  const auto [host, port] = split(host_port);
  addrinfo event_tracker{};
  event_tracker.ai_family = AF_UNSPEC;
  event_tracker.ai_socktype = SOCK_STREAM;
  event_tracker.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &event_tracker, &list);
  if (code != 0) fail(host_port, ::gai_strerror(code));
  return {list, &::freeaddrinfo};
}

/// The errno with which an address is refused, at any port, as its own may be in use by the daemon
/// that runs; 0 where it isn't.
int refusal_to_bind(std::string_view host_port) {
  const auto list = resolve(std::string{host_port.substr(0, host_port.rfind(':'))} + ":0");
  const owned_fd probe = new_socket(list->ai_family);
  const bool is_bound =
      probe.is_open() && ::bind(probe.number(), list->ai_addr, list->ai_addrlen) == 0;
  return is_bound ? 0 : errno;
}

}  // namespace

int listen_on_tcp(std::string_view host_port, bool only_ipv6) {
  const auto list = resolve(host_port);
  owned_fd made = new_socket(list->ai_family);
  if (!made.is_open()) fail_by_errno(host_port);
  const int on = 1;
  ::setsockopt(made.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (only_ipv6) ::setsockopt(made.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(made.number(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(made.number(), queue) != 0)
    fail_by_errno(host_port);
  return made.release();
}

int listen_on_unix(const std::filesystem::path& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof at.sun_path)
    fail(path.native(), "a socket's path has at most 107 bytes");
  std::memcpy(at.sun_path, path.c_str(), path.native().size());

  remove_stale(path, at);
  owned_fd made = new_socket(AF_UNIX);
  // bind() gives the file the socket's own mode, less the umask: so never more than this.
  if (::fchmod(made.number(), socket_mode) != 0 ||
      ::bind(made.number(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::chmod(path.c_str(), socket_mode) != 0 || ::listen(made.number(), queue) != 0) {
    fail_by_errno(path.native());
  }
  return made.release();
}

bool has_address(std::string_view host_port) {
  const int error = refusal_to_bind(host_port);
  return error != EADDRNOTAVAIL && error != EAFNOSUPPORT;
}

result<void> look_at_tcp(std::string_view host_port) {
  const auto colon = host_port.rfind(':');
  unsigned long port = 0;
  std::from_chars(host_port.data() + colon + 1, host_port.data() + host_port.size(), port);
  std::ifstream setting{"/proc/sys/net/ipv4/ip_unprivileged_port_start"};
  unsigned long first = first_free_port;
  if (!(setting >> first)) first = first_free_port;
  if (port != 0 && port < first && !has_capability(CAP_NET_BIND_SERVICE))
    return by_errno(host_port, EACCES);
  if (const int error = refusal_to_bind(host_port); error != 0) return by_errno(host_port, error);
  return {};
}

result<void> look_at_unix(const std::filesystem::path& path) {
  if (const int error = refusal_in_directory(directory_of(path)); error != 0)
    return by_errno(path.native(), error);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return by_errno(path.native(), errno);
  }
  if (!S_ISSOCK(found.st_mode)) return no_socket(path);
  return {};
}

}  // namespace tokensyncd::http
