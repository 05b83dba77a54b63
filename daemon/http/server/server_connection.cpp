#include "daemon/http/server/server_connection.hpp"

#include <array>
#include <chrono>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/http/text/reply_bytes.hpp"
#include "daemon/http/tls/server_certificate.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::size_t max_headers = 64;
/// Who takes an answer has it sooner: it goes to the kernel at once where there is room.
constexpr std::chrono::milliseconds write_patience{250};
constexpr std::size_t linger_bytes = 256 * 1024;

std::optional<peer> peer_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {};
  return peer{who.pid, who.uid, who.gid};
}

steady_time in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

wall_time wall_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

bool wants_to_be_told(const message_reader<true>& reader) {
  return reader.message().is_header_done() && reader.message().is_http11() &&
         same_name(reader.header("expect").value_or(""), "100-continue");
}

}  // namespace

server_connection::server_connection(executor on, int socket, int family,
                                     const surroundings& around)
    : stream_(on),
      around_(around),
      reader_({around.limits.header_bytes, max_headers, around.limits.body_bytes}),
      since_(std::chrono::steady_clock::now()) {
  stream_.socket.assign(asio::generic::stream_protocol(family, 0), socket);
  if (family == AF_UNIX) {
    peer_ = peer_of(socket);
  } else {
    const int on_now = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on_now, sizeof on_now);
  }
}

void server_connection::enter(stage next, steady_time deadline) noexcept {
  if (next != stage_) since_ = std::chrono::steady_clock::now();
  stage_ = next;
  deadline_ = deadline;
  if (deadline != never) around_.deadlines.no_later_than(deadline);
}

void server_connection::close() noexcept {
  boost::system::error_code ignored;
  stream_.socket.close(ignored);
  deadline_ = never;
}

void server_connection::finish() noexcept {
  last_ = true;
  if (stage_ != stage::answering && stage_ != stage::writing) close();
}

bool server_connection::may_go(steady_time now) const noexcept {
  // One that is closed already goes by itself.
  if (!stream_.socket.is_open() || stage_ == stage::answering) return false;
  return stage_ != stage::writing || now - since_ >= write_patience;
}

void server_connection::expire() noexcept {
  if (stage_ != stage::reading) {
    close();
    return;
  }
  // Told so by 408 before it ends.
  too_slow_ = true;
  deadline_ = never;
  boost::system::error_code ignored;
  stream_.socket.cancel(ignored);
}

task<void> server_connection::run() {
  // GCC 12 miscompiles an await in a loop's condition.
  bool more = co_await shake_hands();
  while (more) more = co_await serve_one();
  if (stream_.socket.is_open()) co_await linger();
  close();
}

task<bool> server_connection::shake_hands() {
  if (!around_.shown) co_return true;
  enter(stage::handshake, in(around_.limits.handshake_time));
  boost::system::error_code error;
  co_await around_.shown->look(std::chrono::steady_clock::now());
  SSL* const state = around_.shown->make();
  co_await stream_.start_tls(state, error);
  if (error) close();
  co_return !error;
}

task<bool> server_connection::serve_one() {
  const progress how = co_await read_request();
  if (too_slow_) co_return co_await refuse(408);
  if (how == progress::need_more) {
    close();
    co_return false;
  }
  if (how != progress::done) co_return co_await refuse(refused_with(how));
  auto checked = check_request(reader_);
  if (checked.refused != 0) co_return co_await refuse(checked.refused);

  checked.request.from = peer_;
  enter(stage::answering, never);
  reply answer;
  answer.status = 204;  // to `OPTIONS *`, which asks whether the server is there
  if (checked.request.path != "*") answer = co_await ask(checked.request);
  const bool keep = reader_.message().keep_alive() && !last_ && !answer.last;
  const sending wanted{.without_body = checked.request.method == "HEAD", .keep_connection = keep};
  co_return co_await send(std::move(answer), wanted);
}

task<bool> server_connection::refuse(unsigned status) {
  if (around_.refused) around_.refused(status);
  constexpr sending and_close;
  co_return co_await send(refusal(status), and_close);
}

task<progress> server_connection::read_request() {
  reader_.start();
  bool told = false;
  progress how = reader_.got(0);
  const bool begun = reader_.begun();
  const auto& limits = around_.limits;
  enter(begun ? stage::reading : stage::idle, in(begun ? limits.header_time : limits.idle_time));
  while (how == progress::need_more && !too_slow_) {
    if (!told && wants_to_be_told(reader_)) {
      told = true;
      const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) break;
    }
    const auto space = reader_.space();
    if (space.empty()) co_return progress::body_too_large;
    const asio::mutable_buffer into{space.data(), space.size()};
    boost::system::error_code error;
    const std::size_t got = co_await stream_.read_some(into, error);
    if (error) break;
    how = reader_.got(got);
    if (stage_ == stage::idle && reader_.begun()) enter(stage::reading, in(limits.header_time));
  }
  co_return how;
}

task<reply> server_connection::ask(const server_request& request) {
  try {
    co_return co_await around_.answer(request);
  } catch (const std::exception&) {
    // Its own trouble, not the connection's. Where it was cancelled, the next await says so again.
  }
  co_return refusal(500);
}

task<bool> server_connection::send(reply what, sending wanted) {
  const bool http11 = reader_.message().is_http11() || !reader_.message().is_header_done();
  framing how = framing::length;
  if (what.stream) how = http11 ? framing::chunked : framing::to_end;
  const bool keep = wanted.keep_connection && how != framing::to_end;
  std::string bytes;
  try {
    bytes = reply_head(what, how, keep, wall_now());
  } catch (const std::invalid_argument&) {
    what = refusal(500);
    how = framing::length;
    bytes = reply_head(what, how, keep, wall_now());
  }
  const bool has_body = !wanted.without_body && what.status != 204 && what.status != 304;
  if (has_body && !what.stream) bytes += what.body;
  bool sent = co_await write(bytes);
  if (sent && has_body && what.stream) sent = co_await send_stream(what, how);
  if (!sent) close();
  co_return sent&& keep && !last_;
}

task<bool> server_connection::send_stream(const reply& what, framing how) {
  std::string piece;
  std::string framed;
  bool sent = true;
  for (bool more = true; more && sent;) {
    try {
      more = what.stream(piece);
    } catch (const std::exception&) {
      co_return false;
    }
    if (piece.empty()) {
      // One turn of the loop a piece, whatever is in it.
      co_await asio::post(use_task);
    } else if (how == framing::chunked) {
      framed.assign(chunk_head(piece.size())).append(piece).append("\r\n");
      sent = co_await write(framed);
    } else {
      sent = co_await write(piece);
    }
  }
  if (sent && how == framing::chunked) sent = co_await write("0\r\n\r\n");
  co_return sent;
}

task<bool> server_connection::write(std::string_view bytes) {
  // Not `reading`: being slow to take an answer ends the connection.
  const stage before = stage_;
  const steady_time until = deadline_;
  enter(stage::writing, in(around_.limits.write_time));
  boost::system::error_code error;
  const asio::const_buffer buffer{bytes.data(), bytes.size()};
  co_await stream_.write(buffer, error);
  enter(before, until);
  co_return !error;
}

task<void> server_connection::linger() {
  // Closed with bytes unread, the kernel would send a reset that overtakes the last reply.
  enter(stage::ending, in(around_.limits.end_time));
  boost::system::error_code error;
  co_await stream_.end(error);
  std::array<char, 4096> bytes;
  for (std::size_t seen = 0; !error && seen < linger_bytes;) {
    const auto into = asio::buffer(bytes);
    seen += co_await stream_.socket.async_read_some(into, asio::redirect_error(use_task, error));
  }
}

}  // namespace tokensyncd::http
