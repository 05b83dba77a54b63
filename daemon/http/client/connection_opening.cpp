#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "daemon/http/client/connection_pool.hpp"
#include "daemon/http/client/connection_stream.hpp"
#include "daemon/http/client/proxy_request.hpp"

namespace tokensyncd::http {
namespace {

steady_time within(steady_time total, milliseconds phase_limit) {
  return std::min(total, std::chrono::steady_clock::now() + phase_limit);
}

}  // namespace

task<std::optional<failure>> connection::open(steady_time total) {
  close();
  forget();
  expired_ = false;
  co_await pool_.look_at_files();
  retired_ = false;
  auto error = co_await connect_tcp(total);
  if (error) co_return error;
  pool_.count_opened();

  begin_phase(within(total, pool_.options().limits.handshake));
  if (pool_.proxy()) error = co_await ask_proxy();
  if (!error && pool_.tls() != nullptr) error = co_await shake_hands();
  if (!error) error = check_silence();
  deadline_ = never;
  if (error) close();
  co_return error;
}

task<std::optional<failure>> connection::connect_tcp(steady_time total) {
  const origin& to = pool_.next_hop();
  const client_limits& limits = pool_.options().limits;
  addresses found;
  if (to.is_address) {
    found.push_back(asio::ip::make_address(to.host));
  } else {
    auto looked_up = co_await pool_.lookup().ask(within(total, limits.resolve));
    if (!looked_up) co_return std::move(looked_up).error();
    found = take_turns(*looked_up);
  }
  auto socket = co_await dial(std::move(found), to.port, to.host, within(total, limits.connect));
  if (!socket) co_return std::move(socket).error();
  stream_->socket = std::move(*socket);
  boost::system::error_code error;
  stream_->socket.non_blocking(true, error);  // for listen()
  if (error) co_return explain(phase::request, error);
  co_return std::nullopt;
}

task<std::optional<failure>> connection::ask_proxy() {
  const client_options& options = pool_.options();
  const secret* const credentials = co_await pool_.proxy_credentials().read();
  const proxy_login login{options.proxy_auth_file, credentials};
  if (auto error = write_connect(pool_.target(), login, options.user_agent, *request_))
    co_return error;
  unsigned status = 0;
  auto error = co_await send(phase::proxy);
  if (!error) error = co_await hear_proxy(status);
  request_->clear();
  if (error) co_return error;

  const std::string& proxy = pool_.next_hop().host;
  if (status == 407) {
    co_return failure{failure_kind::unreachable,
                      "the proxy " + proxy +
                          " requires credentials: check partner.proxy_auth_file, or user:password "
                          "in HTTPS_PROXY"};
  }
  if (status < 200 || status >= 300) {
    co_return failure{failure_kind::unreachable, "the proxy " + proxy + " refuses to connect to " +
                                                     pool_.target().host + " (status " +
                                                     std::to_string(status) + ")"};
  }
  co_return std::nullopt;
}

task<std::optional<failure>> connection::hear_proxy(unsigned& status) {
  std::array<char, 1024> bytes{};
  std::string came;
  connect_reply reply;
  while (reply.how == progress::need_more) {
    if (came.size() >= pool_.options().limits.header_bytes)
      co_return explain(phase::proxy, progress::header_too_large);
    boost::system::error_code error;
    const auto into = asio::buffer(bytes);
    const std::size_t got =
        co_await stream_->socket.async_read_some(into, asio::redirect_error(use_task, error));
    if (error) co_return explain(phase::proxy, error);
    came.append(bytes.data(), got);
    reply = read_connect_reply(came);
  }
  status = reply.status;
  // What follows a refusal is its body.
  const bool surplus = reply.size != came.size() && status < 300;
  if (reply.how != progress::done || surplus) co_return explain(phase::proxy, progress::malformed);
  co_return std::nullopt;
}

task<std::optional<failure>> connection::shake_hands() {
  stream_->start_tls(pool_.tls()->make());
  boost::system::error_code error;
  co_await stream_->tls->async_handshake(asio::ssl::stream_base::client,
                                         asio::redirect_error(use_task, error));
  if (!error) co_return std::nullopt;
  if (!expired_ && error.category() == asio::error::get_ssl_category()) {
    const auto reason = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
    co_return pool_.tls()->explain(stream_->tls->native_handle(), reason, pool_.target().host);
  }
  co_return explain(phase::handshake, error);
}

}  // namespace tokensyncd::http
