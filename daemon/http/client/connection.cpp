#include "daemon/http/client/connection.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "daemon/http/client/connection_pool.hpp"
#include "daemon/http/client/connection_stream.hpp"
#include "daemon/http/text/request_bytes.hpp"

namespace tokensyncd::http {
namespace {

namespace ssl_error = asio::ssl::error;
using namespace std::string_view_literals;

constexpr unsigned max_informational = 8;

bool ended_by_other_side(const boost::system::error_code& error) {
  return error == asio::error::eof || error == ssl_error::stream_truncated ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

/// The phase as an adverbial, to end a sentence.
std::string when(phase during) {
  switch (during) {
    case phase::proxy:
      return "during the proxy's CONNECT";
    case phase::handshake:
      return "during the TLS handshake";
    case phase::request:
      return "while the request was sent";
    case phase::answer:
      return "before its answer was complete";
  }
  return {};
}

message_limits answer_limits(const client_limits& limits) {
  return {limits.header_bytes, limits.header_count, limits.body_bytes};
}

}  // namespace

connection::connection(connection_pool& pool)
    : pool_(pool),
      stream_(std::make_unique<stream>(pool.loop().get_executor())),
      reader_(answer_limits(pool.options().limits)),
      request_(std::make_unique<outgoing_bytes>()) {}

connection::~connection() = default;

bool connection::is_open() const noexcept {
  return stream_->socket.is_open();
}

void connection::close() noexcept {
  stream_->end_tls();
  boost::system::error_code ignored;
  stream_->socket.close(ignored);
  keep_ = false;
}

void connection::expire() noexcept {
  expired_ = true;
  deadline_ = never;
  boost::system::error_code ignored;
  stream_->socket.close(ignored);
}

void connection::forget() noexcept {
  request_->clear();
  reader_.clear();
}

bool connection::leads_to(const addresses& found) const {
  boost::system::error_code error;
  const auto there = stream_->socket.remote_endpoint(error);
  return !error && std::ranges::find(found, there.address()) != found.end();
}

/// Whether OpenSSL holds nothing that came behind what was read. Asio never does: what it reads at
/// once is what its BIO has room for, and it reads only when that is empty.
bool connection::stream::has_read_all() noexcept {
  return BIO_ctrl_pending(SSL_get_rbio(tls->native_handle())) == 0 && !is_mid_record();
}

bool connection::stream::is_mid_record() noexcept {
  SSL* const state = tls->native_handle();
  return SSL_has_pending(state) == 1 || SSL_rstate_string(state) == "RB"sv;
}

/// By poll, which doesn't take the socket's lock as a look into its buffer does: half a microsecond
/// less for a check.
bool connection::stream::is_readable() noexcept {
  pollfd mine{socket.native_handle(), POLLIN, 0};
  return ::poll(&mine, 1, 0) != 0;
}

boost::system::error_code connection::stream::listen() noexcept {
  char byte = 0;
  const asio::mutable_buffer into{&byte, 1};
  boost::system::error_code heard;
  if ((!tls || has_read_all()) && !is_readable()) return asio::error::would_block;
  if (!tls) {
    socket.receive(into, asio::socket_base::message_peek, heard);
    return heard;
  }
  // Only OpenSSL can tell a session ticket from the beginning of an answer.
  tls->read_some(into, heard);
  if (heard != asio::error::would_block) return heard;
  return is_mid_record() ? boost::system::error_code{} : heard;
}

bool connection::is_silent() {
  return stream_->listen() == asio::error::would_block;
}

/// The same for a connection that is new, with a sentence.
std::optional<failure> connection::check_silence() {
  const auto heard = stream_->listen();
  if (heard == asio::error::would_block) return std::nullopt;
  if (heard) return explain(stream_->tls ? phase::handshake : phase::request, heard);
  return failure{
      failure_kind::malformed,
      host(phase::request) + " sent data before it got a request: check the URL's host and port"};
}

void connection::begin_phase(steady_time until) {
  deadline_ = until;
  pool_.keep_deadline(until);
}

const std::string& connection::host(phase during) const {
  return during == phase::proxy ? pool_.next_hop().host : pool_.target().host;
}

failure connection::explain(phase during, const boost::system::error_code& error) const {
  const std::string& who = host(during);
  const bool before_request = during == phase::proxy || during == phase::handshake;
  if (expired_) {
    return {before_request ? failure_kind::unreachable : failure_kind::timed_out,
            who + " is too slow: the time limit passed " + when(during)};
  }
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (auto refused = refusal(error)) return std::move(*refused);
  const auto kind = before_request ? failure_kind::unreachable : failure_kind::cut;
  if (ended_by_other_side(error)) return {kind, who + " ended the connection " + when(during)};
  return {kind,
          "the connection to " + who + " broke " + when(during) + " (" + error.message() + ")"};
}

std::optional<failure> connection::refusal(const boost::system::error_code& error) const {
  if (!stream_->tls || error.category() != asio::error::get_ssl_category()) return {};
  const auto reason = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  return pool_.tls()->refusal(stream_->tls->native_handle(), reason, pool_.target().host);
}

failure connection::explain(phase during, progress how) const {
  const std::string& who = host(during);
  if (how == progress::header_too_large)
    return {failure_kind::too_large, who + " answered with more headers than are accepted"};
  if (how == progress::body_too_large)
    return {failure_kind::too_large, who + " answered with a larger body than is accepted"};
  return {failure_kind::malformed, who + " sent an answer that is not valid HTTP"};
}

task<std::optional<failure>> connection::send(phase during) {
  boost::system::error_code error;
  auto rest = request_->view();
  while (!rest.empty()) {
    const asio::const_buffer bytes{rest.data(), rest.size()};
    std::size_t sent = 0;
    if (stream_->tls) {
      sent = co_await stream_->tls->async_write_some(bytes, asio::redirect_error(use_task, error));
    } else {
      sent =
          co_await stream_->socket.async_write_some(bytes, asio::redirect_error(use_task, error));
    }
    if (error) {
      stale_ = !expired_ && ended_by_other_side(error);
      if (stale_ && stream_->tls) {
        auto refused = co_await hear_refusal();
        stale_ = !refused;
        if (refused) co_return refused;
      }
      co_return explain(during, error);
    }
    rest.remove_prefix(sent);
  }
  co_return std::nullopt;
}

/// What the other side said before it ended the connection: that it did was noticed first by what
/// was still to be sent.
task<std::optional<failure>> connection::hear_refusal() {
  char byte = 0;
  const asio::mutable_buffer into{&byte, 1};
  boost::system::error_code error;
  co_await stream_->tls->async_read_some(into, asio::redirect_error(use_task, error));
  if (expired_) co_return std::nullopt;
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  co_return refusal(error);
}

task<std::optional<failure>> connection::receive() {
  constexpr phase during = phase::answer;
  boost::system::error_code error;
  bool begun = false;
  for (unsigned informational = 0;; ++informational) {
    progress how = reader_.got(0);
    while (how == progress::need_more) {
      const auto space = reader_.space();
      if (space.empty()) co_return explain(during, progress::body_too_large);
      const asio::mutable_buffer into{space.data(), space.size()};
      std::size_t got = 0;
      if (stream_->tls) {
        got = co_await stream_->tls->async_read_some(into, asio::redirect_error(use_task, error));
      } else {
        got = co_await stream_->socket.async_read_some(into, asio::redirect_error(use_task, error));
      }
      begun = begun || got != 0;
      if (!error) {
        how = reader_.got(got);
        continue;
      }
      stale_ = !begun && !expired_ && ended_by_other_side(error);
      // Only TLS tells an end from a cut.
      if (stream_->tls && error == asio::error::eof && !expired_) how = reader_.ended();
      if (how == progress::need_more) co_return explain(during, error);
    }
    if (how != progress::done) co_return explain(during, how);
    const unsigned status = reader_.message().status();
    if (status >= 200) co_return std::nullopt;
    if (status == 101 || informational == max_informational)
      co_return explain(during, progress::malformed);
    reader_.start();
  }
}

task<std::optional<failure>> connection::exchange(const request& what, steady_time total) {
  stale_ = false;
  keep_ = false;
  reader_.clear();
  write_request(what, pool_.common(), *request_);
  begin_phase(total);
  auto error = co_await send(phase::request);
  if (!error) error = co_await receive();
  deadline_ = never;
  if (error) co_return error;
  if (reader_.has_surplus()) co_return explain(phase::answer, progress::malformed);
  keep_ = reader_.message().keep_alive();
  co_return std::nullopt;
}

}  // namespace tokensyncd::http
