#include "daemon/http/server/socket_server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/http/server/listening.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::chrono::seconds finish_time{1};
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

/// A connection and how to cancel its handler. The shell outlives the connection until the next
/// accept, as it can't be destroyed from inside its own end.
struct socket_server::child {
  std::optional<server_connection> connection;
  asio::cancellation_signal stop;
  std::uint64_t holder = 0;
};

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
      path_(std::move(path)),
      limits_(limits),
      deadlines_(loop.get_executor(), [this](steady_time now) { return look(now); }),
      room_(loop.get_executor()) {
  if (!path_.empty()) made_ = identity_of(path_);
}

socket_server::~socket_server() {
  remove_file();
}

/// Called while the socket is still open: until then no other file can have its inode.
void socket_server::remove_file() noexcept {
  // Another daemon may listen at that path by now.
  if (made_ && identity_of(path_) == made_) ::unlink(path_.c_str());
  made_.reset();
}

std::optional<socket_server::identity> socket_server::identity_of(
    const std::filesystem::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  return identity{found.st_dev, found.st_ino};
}

task<result<bool>> socket_server::listen_again() {
  if (path_.empty() || !listener_.is_open()) co_return false;
  auto is_ours = std::make_shared<std::optional<bool>>();
  file_reader::read look = [path = path_, made = made_, is_ours]() -> file_reader::take {
    const bool found = made && identity_of(path) == made;
    return [is_ours, found] { *is_ours = found; };
  };
  co_await looks_.run(std::move(look));
  if (is_ours->value_or(true)) co_return false;
  try {
    owned_fd made{listen_on_unix(path_)};
    asio::posix::basic_stream_descriptor<executor> fresh{loop_.get_executor(), made.number()};
    [[maybe_unused]] const int of_fresh = made.release();
    listener_ = std::move(fresh);  // serve() goes on with it
    made_ = identity_of(path_);
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
    std::erase_if(children_, [](const child& one) { return !one.connection; });

    if (live_ >= limits_.connections || accept_one() == accepted::no_room) {
      evict_one();
      // Not for longer: where nobody could go, somebody can soon.
      co_await wait_for_room(std::chrono::steady_clock::now() + pause_without_room);
    }
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await finish();
}

socket_server::accepted socket_server::accept_one() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  int socket = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return out_of_resources(errno) ? accepted::no_room : accepted::none;
  // The kernel gives the lowest number that is free.
  const bool is_short = socket >= descriptor_limit() - limits_.spare_descriptors;
  if (is_short && live_ >= fewest_connections) {
    if (!evict_one()) {
      ::close(socket);
      return accepted::none;
    }
    socket = with_lowest_number(socket);
  }
  add(socket, holder_of(from));
  return accepted::one;
}

void socket_server::add(int socket, std::uint64_t holder) {
  child& one = children_.emplace_back();
  const server_connection::surroundings around{limits_, handler_, refused_, shown_, deadlines_};
  one.connection.emplace(loop_.get_executor(), socket, family_, around);
  one.holder = holder;
  ++held_[holder];
  ++live_;
  auto ended = [this, &one](const std::exception_ptr&) {
    one.connection.reset();
    --live_;
    if (--held_[one.holder] == 0) held_.erase(one.holder);
    room_.cancel();
  };
  asio::co_spawn(loop_.get_executor(), one.connection->run(),
                 asio::bind_cancellation_slot(one.stop.slot(), ended));
}

bool socket_server::evict_one() {
  const steady_time now = std::chrono::steady_clock::now();
  child* first = nullptr;
  for (child& one : children_) {
    if (!one.connection || !one.connection->may_go(now)) continue;
    if (first == nullptr || goes_before(one, *first)) first = &one;
  }
  if (first != nullptr) first->connection->close();
  return first != nullptr;
}

bool socket_server::goes_before(const child& one, const child& other) const {
  using stage = server_connection::stage;
  const auto rank = [this](const child& of) {
    const stage doing = of.connection->doing();
    const std::size_t of_others = live_ - held_.at(of.holder);
    const int busy = doing == stage::idle ? 0 : doing == stage::writing ? 2 : 1;
    return std::tuple{doing != stage::ending, of_others, busy, of.connection->since()};
  };
  return rank(one) < rank(other);
}

task<void> socket_server::wait_for_room(steady_time until) {
  boost::system::error_code woken;
  room_.expires_at(until);
  co_await room_.async_wait(asio::redirect_error(use_task, woken));
}

task<void> socket_server::finish() {
  remove_file();
  boost::system::error_code ignored;
  listener_.close(ignored);
  for (auto& one : children_) {
    if (one.connection) one.connection->finish();
  }
  const steady_time until = std::chrono::steady_clock::now() + finish_time;
  while (live_ != 0 && std::chrono::steady_clock::now() < until) co_await wait_for_room(until);
  for (auto& one : children_) {
    if (!one.connection) continue;
    one.connection->close();
    one.stop.emit(asio::cancellation_type::terminal);
  }
  while (live_ != 0) co_await wait_for_room(never);
  deadlines_.not_before(never);
}

steady_time socket_server::look(steady_time now) {
  steady_time next = never;
  for (auto& one : children_) {
    if (!one.connection) continue;
    if (one.connection->deadline() <= now) one.connection->expire();
    next = std::min(next, one.connection->deadline());
  }
  return next;
}

}  // namespace tokensyncd::http
