#include "daemon/http/server/accepted_connections.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <tuple>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

namespace tokensyncd::http {
namespace {

constexpr std::chrono::seconds finish_time{1};

}  // namespace

/// A connection and how to cancel its handler. The shell outlives the connection until the next
/// accept, as it can't be destroyed from inside its own end.
struct accepted_connections::child {
  std::optional<server_connection> connection;
  asio::cancellation_signal stop;
  std::uint64_t holder = 0;
};

accepted_connections::accepted_connections(executor on)
    : on_(on), deadlines_(on, [this](steady_time now) { return look(now); }), room_(on) {}

accepted_connections::~accepted_connections() = default;

void accepted_connections::drop_ended() {
  std::erase_if(children_, [](const child& one) { return !one.connection; });
}

void accepted_connections::add(int socket, int family, std::uint64_t holder,
                               const server_connection::surroundings& around) {
  child& one = children_.emplace_back();
  one.connection.emplace(on_, socket, family, around);
  one.holder = holder;
  ++held_[holder];
  ++live_;
  auto ended = [this, &one](const std::exception_ptr&) {
    one.connection.reset();
    --live_;
    if (--held_[one.holder] == 0) held_.erase(one.holder);
    room_.cancel();
  };
  asio::co_spawn(on_, one.connection->run(), asio::bind_cancellation_slot(one.stop.slot(), ended));
}

bool accepted_connections::evict_one() {
  const steady_time now = std::chrono::steady_clock::now();
  child* first = nullptr;
  for (child& one : children_) {
    if (!one.connection || !one.connection->may_go(now)) continue;
    if (first == nullptr || goes_before(one, *first)) first = &one;
  }
  if (first != nullptr) first->connection->close();
  return first != nullptr;
}

bool accepted_connections::goes_before(const child& one, const child& other) const {
  using stage = server_connection::stage;
  const auto rank = [this](const child& of) {
    const stage doing = of.connection->doing();
    const std::size_t of_others = live_ - held_.at(of.holder);
    const int busy = doing == stage::idle ? 0 : doing == stage::writing ? 2 : 1;
    return std::tuple{doing != stage::ending, of_others, busy, of.connection->since()};
  };
  return rank(one) < rank(other);
}

task<void> accepted_connections::wait_for_room(steady_time until) {
  boost::system::error_code woken;
  room_.expires_at(until);
  co_await room_.async_wait(asio::redirect_error(use_task, woken));
}

task<void> accepted_connections::finish() {
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

steady_time accepted_connections::look(steady_time now) {
  steady_time next = never;
  for (auto& one : children_) {
    if (!one.connection) continue;
    if (one.connection->deadline() <= now) one.connection->expire();
    next = std::min(next, one.connection->deadline());
  }
  return next;
}

}  // namespace tokensyncd::http
