#include "tests/sandbox/api_server.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "tests/sandbox/encoding.hpp"
#include "tests/sandbox/quietly.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using asio::experimental::awaitable_operators::operator||;

/// One connection, from its TLS handshake to its end.
class session {
 public:
  session(api_server::shared& everything, tcp::socket socket, ssl::context& tls)
      : shared_(everything), stream_(std::move(socket), tls), timer_(stream_.get_executor()) {
    shared_.facts.seen.connection_opened();
    error_code ignored;
    address_ = stream_.next_layer().remote_endpoint(ignored).address().to_string();
    stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  }
  ~session() { shared_.facts.seen.connection_closed(); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  asio::awaitable<void> run() {
    const auto [error] = co_await stream_.async_handshake(ssl::stream_base::server, quietly);
    if (error) {
      shared_.facts.seen.handshake_failed();
      co_return;
    }
    shared_.facts.seen.handshake_done(SSL_session_reused(stream_.native_handle()) == 1);
    for (;;) {
      // In one condition, GCC 12 would serve the request before once more when read() is false.
      const bool has_come = co_await read();
      if (!has_come) break;
      const bool goes_on = co_await serve();
      if (!goes_on) break;
      consume();
    }
    if (polite_) co_await say_goodbye();
  }

 private:
  /// Reads a whole request. False where the client closed, or sent what isn't one.
  asio::awaitable<bool> read() {
    for (;;) {
      const auto state = parse_request(bytes_, request_);
      if (state == parse_state::done) co_return true;
      if (state == parse_state::bad) {
        shared_.facts.seen.request_bad();
        co_return false;
      }
      const bool between_requests = bytes_.empty();
      const auto old_size = bytes_.size();
      bytes_.resize(old_size + 8 * 1024);
      const auto space = asio::buffer(bytes_.data() + old_size, bytes_.size() - old_size);
      if (between_requests) shared_.idle.insert(&stream_.next_layer());
      const auto [error, size] = co_await stream_.async_read_some(space, quietly);
      shared_.idle.erase(&stream_.next_layer());
      bytes_.resize(old_size + size);
      if (error) co_return false;
    }
  }

  /// Makes and sends the answer. Whether the connection goes on.
  asio::awaitable<bool> serve() {
    const in_flight counted{shared_.facts.seen};
    const auto arrived = monotonic_nanoseconds();
    shared_.facts.seen.head_seen(request_.head);
    const auto what = shared_.api.begin(request_);
    const busy_workspace busy{shared_.facts, what.place};
    if (what.met && what.met->hold == holding::request) {
      const bool released = co_await wait_for_release();
      if (!released) co_return false;
    }
    const auto answer = shared_.api.answer(what, request_, address_);
    shared_.facts.seen.answered({arrived, what.place, static_cast<std::uint16_t>(answer.status),
                                 what.what, request_.method.front()});
    if (answer.hold == holding::answer) {
      const bool released = co_await wait_for_release();
      if (!released) co_return false;
    }
    if (answer.delay_ms > 0) co_await pause(std::chrono::milliseconds(answer.delay_ms));
    co_return co_await send(answer);
  }

  asio::awaitable<bool> send(const reply& answer) {
    const bool announced = !request_.keep_alive || answer.close == closing::announced;
    const auto out = serialize(answer, announced);
    if (answer.cut_at == cut::reset) {
      error_code ignored;
      stream_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
      stream_.next_layer().close(ignored);
    }
    const auto end = end_of(out, answer.cut_at);
    bool sent = true;
    if (end != 0) sent = co_await write(std::string_view(out.bytes).substr(0, end), answer);
    if (!sent || answer.cut_at != cut::none) {
      polite_ = false;
      co_return false;
    }
    ++answered_;
    const auto most = shared_.facts.rules.requests_per_connection;
    co_return !announced && answer.close != closing::silent && (most == 0 || answered_ < most);
  }

  static std::size_t end_of(const wire& out, cut at) {
    switch (at) {
      case cut::before:
      case cut::reset:
        return 0;
      case cut::header:
        return out.body_at / 2;
      case cut::body:
        return out.body_at + (out.bytes.size() - out.body_at) / 2;
      default:
        return out.bytes.size();
    }
  }

  asio::awaitable<bool> write(std::string_view bytes, const reply& answer) {
    const auto piece = answer.drip_us < 0 ? bytes.size() : 1;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const auto part = asio::buffer(bytes.data() + at, std::min(piece, bytes.size() - at));
      const auto [error, size] = co_await asio::async_write(stream_, part, quietly);
      if (error) co_return false;
      if (answer.drip_us > 0) co_await pause(std::chrono::microseconds(answer.drip_us));
    }
    co_return true;
  }

  template <class Duration>
  asio::awaitable<void> pause(Duration length) {
    timer_.expires_after(length);
    co_await timer_.async_wait(quietly);
  }

  /// False where the client gave up in the meantime.
  asio::awaitable<bool> wait_for_release() {
    timer_.expires_at(asio::steady_timer::time_point::max());
    const waiting_room::seat seat{shared_.held, timer_};
    const auto first = co_await (timer_.async_wait(quietly) ||
                                 stream_.next_layer().async_wait(tcp::socket::wait_read, quietly));
    polite_ = first.index() == 0;
    co_return polite_;
  }

  /// Sends close_notify, and gives the client a second to say the same.
  asio::awaitable<void> say_goodbye() {
    timer_.expires_after(std::chrono::seconds(1));
    co_await (stream_.async_shutdown(quietly) || timer_.async_wait(quietly));
  }

  void consume() { bytes_.erase(0, request_.size); }

  struct in_flight {
    explicit in_flight(journal& where) : seen(where) { seen.request_begun(); }
    ~in_flight() { seen.request_ended(); }
    in_flight(const in_flight&) = delete;
    in_flight& operator=(const in_flight&) = delete;
    journal& seen;
  };

  struct busy_workspace {
    busy_workspace(world& everything, std::uint32_t place)
        : which(place == entry::none ? nullptr : &everything.workspaces.at(place)) {
      if (which != nullptr)
        which->peak_in_flight = std::max(which->peak_in_flight, ++which->in_flight);
    }
    ~busy_workspace() {
      if (which != nullptr) --which->in_flight;
    }
    busy_workspace(const busy_workspace&) = delete;
    busy_workspace& operator=(const busy_workspace&) = delete;
    workspace* which;
  };

  api_server::shared& shared_;
  ssl::stream<tcp::socket> stream_;
  asio::steady_timer timer_;
  std::string address_;
  std::string bytes_;
  request request_;
  std::uint64_t answered_ = 0;
  bool polite_ = true;
};

asio::awaitable<void> serve_connection(api_server::shared& everything, tcp::socket socket,
                                       ssl::context& tls) {
  session one{everything, std::move(socket), tls};
  co_await one.run();
}

}  // namespace

api_server::api_server(asio::io_context& loop, shared& everything,
                       const api_server_options& options)
    : shared_(everything),
      tls_(options.only_tls12 ? ssl::context::tlsv12_server : ssl::context::tls_server),
      acceptor_(loop, tcp::endpoint(asio::ip::make_address(options.address), options.port)) {
  tls_.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  tls_.use_certificate_chain_file(options.certificate.string());
  tls_.use_private_key_file(options.key.string(), ssl::context::pem);
  constexpr unsigned char name[] = "sandbox";
  SSL_CTX_set_session_id_context(tls_.native_handle(), name, sizeof name);
  asio::co_spawn(loop, accept(), asio::detached);
}

asio::awaitable<void> api_server::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(quietly);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve_connection(shared_, std::move(socket), tls_), asio::detached);
  }
}

}  // namespace tokensyncd::sandbox
