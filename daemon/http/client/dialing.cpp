#include "daemon/http/client/dialing.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace tokensyncd::http {
namespace {

/// What the attempts' handlers share with the coroutine, which may be cancelled before them.
struct race {
  explicit race(executor on) : changed(on) {}

  timer changed;
  std::vector<std::unique_ptr<tcp_socket>> sockets;
  std::size_t pending = 0;
  bool over = false;
  std::optional<std::size_t> winner;
  boost::system::error_code last_error;
};

/// Ends the race when the coroutine leaves, however it does.
struct race_end {
  race& which;
  ~race_end() {
    which.over = true;
    which.sockets.clear();
  }
};

void start(const std::shared_ptr<race>& run, const asio::ip::tcp::endpoint& to) {
  const std::size_t index = run->sockets.size();
  run->sockets.push_back(std::make_unique<tcp_socket>(run->changed.get_executor()));
  ++run->pending;
  run->sockets.back()->async_connect(to, [run, index](const boost::system::error_code& error) {
    --run->pending;
    if (run->over) return;
    if (error) {
      run->last_error = error;
    } else if (!run->winner) {
      run->winner = index;
    }
    run->changed.cancel();
  });
}

}  // namespace

addresses take_turns(const addresses& found) {
  if (found.empty()) return found;
  const bool first_family = found.front().is_v4();
  addresses same;
  addresses other;
  for (const auto& one : found) (one.is_v4() == first_family ? same : other).push_back(one);
  addresses mixed;
  for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) mixed.push_back(same[i]);
    if (i < other.size()) mixed.push_back(other[i]);
  }
  return mixed;
}

task<result<tcp_socket>> dial(addresses to, unsigned short port, std::string_view host,
                              steady_time deadline) {
  const executor here = co_await asio::this_coro::executor;
  const auto run = std::make_shared<race>(here);
  const race_end end{*run};
  std::size_t next = 0;
  for (;;) {
    if (next < to.size()) start(run, {to[next++], port});
    steady_time until = deadline;
    if (next < to.size())
      until = std::min(until, std::chrono::steady_clock::now() + next_address_after);
    run->changed.expires_at(until);

    // Woken by a failure while others are still under way and none is left to start: wait on.
    boost::system::error_code woken;
    co_await run->changed.async_wait(asio::redirect_error(use_task, woken));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);

    if (run->winner) {
      tcp_socket socket = std::move(*run->sockets[*run->winner]);
      boost::system::error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      co_return std::move(socket);
    }
    if (std::chrono::steady_clock::now() >= deadline)
      co_return failure{failure_kind::unreachable,
                        std::string{host} +
                            " did not accept a connection before the time limit; check the "
                            "address, the network and the firewall"};
    if (run->pending == 0 && next == to.size())
      co_return failure{failure_kind::unreachable,
                        "cannot connect to " + std::string{host} + " at port " +
                            std::to_string(port) + ": " + run->last_error.message() +
                            "; check the address, the network and the firewall"};
  }
}

}  // namespace tokensyncd::http
