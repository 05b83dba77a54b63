#include "daemon/http/listening.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tokensyncd::http {
namespace {

constexpr int queue = 128;
constexpr mode_t socket_mode = 0660;

class descriptor {
 public:
  explicit descriptor(int family)
      : value_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (value_ >= 0) ::close(value_);
  }

  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

[[noreturn]] void fail(std::string_view where, const std::string& why) {
  throw std::runtime_error("can't listen on " + std::string{where} + ": " + why);
}

[[noreturn]] void fail_by_errno(std::string_view where) {
  const int code = errno;
  if (code == EADDRINUSE) fail(where, "another program does; stop it or choose another address");
  if (code == EACCES) fail(where, "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE");
  if (code == EADDRNOTAVAIL) fail(where, "this machine has no such address; correct it");
  if (code == ENOENT) fail(where, "its directory isn't there; create it, writable by our user");
  fail(where, std::strerror(code));
}

std::pair<std::string, std::string> split(std::string_view host_port) {
  const auto colon = host_port.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == host_port.size())
    fail(host_port, "it needs a port, host:port");
  std::string_view host = host_port.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string{host}, std::string{host_port.substr(colon + 1)}};
}

/// Whether somebody listens on the socket at `path`.
bool is_alive(const sockaddr_un& at) {
  const descriptor probe(AF_UNIX);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ||
         errno != ECONNREFUSED;
}

void remove_stale(const std::filesystem::path& path, const sockaddr_un& at) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    fail_by_errno(path.native());
  }
  if (!S_ISSOCK(found.st_mode))
    fail(path.native(), "something that isn't a socket is in its place");
  if (is_alive(at)) fail(path.native(), "another program does; is tokensyncd running already?");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_by_errno(path.native());
}

}  // namespace

int listen_on_tcp(std::string_view host_port) {
  const auto [host, port] = split(host_port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &list);
  if (code != 0) fail(host_port, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);

  descriptor made(list->ai_family);
  const int on = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(made.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(made.get(), queue) != 0)
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
  descriptor made(AF_UNIX);
  // bind() gives the file the socket's own mode, less the umask: so never more than this.
  if (::fchmod(made.get(), socket_mode) != 0 ||
      ::bind(made.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::chmod(path.c_str(), socket_mode) != 0 || ::listen(made.get(), queue) != 0) {
    fail_by_errno(path.native());
  }
  return made.release();
}

}  // namespace tokensyncd::http
