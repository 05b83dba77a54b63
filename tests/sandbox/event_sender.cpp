#include "tests/sandbox/event_sender.hpp"

#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "tests/sandbox/encoding.hpp"
#include "tests/sandbox/quietly.hpp"
#include "tests/support/base64url.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using tests::base64url;

std::string request_of(const event_order& what) {
  std::string bytes = "POST " + what.path + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!what.partner_id.empty()) bytes += "X-TL-Partner-Id: " + what.partner_id + "\r\n";
  if (!what.signature.empty()) bytes += "X-TL-Signature: " + what.signature + "\r\n";
  bytes += "Content-Type: application/json\r\nContent-Length: ";
  return bytes + std::to_string(what.body.size()) + "\r\n\r\n" + what.body;
}

/// The size of the answer that `bytes` begin with; 0 while it isn't whole.
std::size_t answer_size(std::string_view bytes) {
  constexpr std::string_view length = "Content-Length: ";
  const auto head = bytes.find("\r\n\r\n");
  const auto at = bytes.find(length);
  if (head == std::string_view::npos || at > head) return 0;
  const auto body = std::stoul(std::string(bytes.substr(at + length.size(), 10)));
  return bytes.size() >= head + 4 + body ? head + 4 + body : 0;
}

}  // namespace

std::string sign_event(const std::string& header, const std::string& claims,
                       const std::string& secret) {
  const auto text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(hmac_sha256(secret, text));
}

void event_sender::send(event_order what) {
  ++pending_;
  asio::co_spawn(loop_, deliver(std::move(what)), asio::detached);
}

asio::awaitable<void> event_sender::deliver(event_order what) {
  if (what.delay.count() > 0) {
    asio::steady_timer pause{loop_, what.delay};
    co_await pause.async_wait(quietly);
  }
  co_await deliver_all(what);
  --pending_;
  if (what.afterwards) what.afterwards();
}

asio::awaitable<void> event_sender::deliver_all(const event_order& what) {
  const auto request = request_of(what);
  tcp::socket socket{loop_};
  const tcp::endpoint there{asio::ip::address_v4::loopback(), what.port};
  const auto [refused] = co_await socket.async_connect(there, quietly);
  std::string bytes;
  std::uint64_t done = 0;
  bool open = !refused;
  while (open && done < what.copies) {
    const auto [not_sent, sent] =
        co_await asio::async_write(socket, asio::buffer(request), quietly);
    std::size_t size = 0;
    open = !not_sent;
    while (open && size == 0) {
      char piece[4096];
      const auto [ended, got] = co_await socket.async_read_some(asio::buffer(piece), quietly);
      bytes.append(piece, got);
      size = answer_size(bytes);
      open = !ended;
    }
    if (size == 0) break;
    ++answers_[bytes.substr(9, 3)];
    ++done;
    open = bytes.substr(0, size).find("Connection: close") == std::string::npos;
    bytes.erase(0, size);
  }
  failed_ += what.copies - done;
}

boost::json::object event_sender::counters() const {
  boost::json::object answers;
  for (const auto& [status, count] : answers_) answers[status] = count;
  return {{"pending", pending_}, {"failed", failed_}, {"answers", std::move(answers)}};
}

}  // namespace tokensyncd::sandbox
