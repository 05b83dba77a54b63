#include "daemon/http/server/socket_server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/http/server/listening.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::chrono::milliseconds pause_without_room{100};
/// Also where descriptors are short from the start, somebody is answered.
constexpr std::size_t fewest_connections = 2;

/// The same socket by the lowest number that is free. Whoever left had a lower one: if that stayed
/// free, the next to come would not seem to be one too many.
int with_lowest_number(int socket) {
  const int lower = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (lower < 0) return socket;
  ::close(lower < socket ? socket : lower);
  return std::min(lower, socket);
}

sockaddr_storage address_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  return bound;
}

/// Whom a connection counts for: an IPv4 address, or the half of an IPv6 address that tells
/// networks, as who has one of those has all addresses in it. 0 on a Unix socket.
std::uint64_t holder_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) return reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr;
  if (from.ss_family != AF_INET6) return 0;
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
  std::uint64_t holder = 0;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::memcpy(&holder, &address.s6_addr[12], 4);
  } else {
    std::memcpy(&holder, address.s6_addr, sizeof holder);
  }
  return holder;
}

bool out_of_resources(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

std::unique_ptr<server> server::on_tcp(asio::io_context& loop, std::string_view host_port,
                                       server_limits limits, bool only_ipv6) {
  return std::make_unique<socket_server>(loop, listen_on_tcp(host_port, only_ipv6),
                                         std::filesystem::path{}, limits);
}

std::unique_ptr<server> server::on_unix(asio::io_context& loop, const std::filesystem::path& path,
                                        server_limits limits) {
  return std::make_unique<socket_server>(loop, listen_on_unix(path), path, limits);
}

socket_server::socket_server(asio::io_context& loop, int listener, std::filesystem::path path,
                             server_limits limits)
    : loop_(loop),
      listener_(loop.get_executor(), listener),
      family_(address_of(listener).ss_family),
      file_(std::move(path)),
      limits_(limits),
      connections_(loop.get_executor()) {}

socket_server::~socket_server() {
  // While the socket is still open: see socket_file::remove().
  file_.remove();
}

task<result<bool>> socket_server::listen_again() {
  if (file_.path().empty() || !listener_.is_open()) co_return false;
  const bool is_ours = co_await file_.is_ours();
  if (is_ours) co_return false;
  try {
    owned_fd made{listen_on_unix(file_.path())};
    asio::posix::basic_stream_descriptor<executor> fresh{loop_.get_executor(), made.number()};
    [[maybe_unused]] const int of_fresh = made.release();
    listener_ = std::move(fresh);  // serve() goes on with it
    file_.note_made();
  } catch (const std::runtime_error& error) {
    co_return failure{failure_kind::io_error, error.what()};
  }
  co_return true;
}

unsigned short socket_server::port() const {
  // asio's native_handle() isn't const.
  const sockaddr_storage bound =
      address_of(const_cast<socket_server*>(this)->listener_.native_handle());
  if (bound.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  if (bound.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
  return 0;
}

task<void> socket_server::serve(handler answer) {
  handler_ = std::move(answer);
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    boost::system::error_code error;
    co_await listener_.async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(use_task, error));
    if (error) continue;
    connections_.drop_ended();

    if (connections_.count() >= limits_.connections || accept_one() == accepted::no_room) {
      connections_.evict_one();
      // Not for longer: where nobody could go, somebody can soon.
      co_await connections_.wait_for_room(std::chrono::steady_clock::now() + pause_without_room);
    }
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  file_.remove();
  boost::system::error_code ignored;
  listener_.close(ignored);
  co_await connections_.finish();
}

socket_server::accepted socket_server::accept_one() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  int socket = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return out_of_resources(errno) ? accepted::no_room : accepted::none;
  // The kernel gives the lowest number that is free.
  const bool is_short = socket >= descriptor_limit() - limits_.spare_descriptors;
  if (is_short && connections_.count() >= fewest_connections) {
    if (!connections_.evict_one()) {
      ::close(socket);
      return accepted::none;
    }
    socket = with_lowest_number(socket);
  }
  connections_.add(socket, family_, holder_of(from),
                   server_connection::surroundings{limits_, handler_, refused_, shown_,
                                                   connections_.deadlines()});
  return accepted::one;
}

}  // namespace tokensyncd::http
