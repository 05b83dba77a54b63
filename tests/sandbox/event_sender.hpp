#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

namespace tokensyncd::sandbox {

/// An event to send, as the vendor would or as it must not be.
struct event_order {
  unsigned short port = 0;  ///< on 127.0.0.1, plain HTTP
  std::string path = "/webhooks/timelines";
  std::string partner_id;  ///< of the header
  std::string signature;
  std::string body;
  std::uint64_t copies = 1;               ///< one after the other on one connection
  std::chrono::milliseconds delay{0};     ///< before the first one
  std::function<void()> afterwards = {};  ///< once all of them are answered; may be empty
};

/// A JWT as the vendor signs its events with.
[[nodiscard]] std::string sign_event(const std::string& header, const std::string& claims,
                                     const std::string& secret);

/// Sends events and counts what they are answered. `loop` must outlive it, and run in its thread.
class event_sender {
 public:
  explicit event_sender(boost::asio::io_context& loop) : loop_(loop) {}

  void send(event_order what);

  /// {"pending", "failed", "answers": {STATUS: how many}}
  [[nodiscard]] boost::json::object counters() const;

 private:
  boost::asio::awaitable<void> deliver(event_order what);
  boost::asio::awaitable<void> deliver_all(const event_order& what);

  boost::asio::io_context& loop_;
  std::uint64_t pending_ = 0;
  std::uint64_t failed_ = 0;
  std::map<std::string, std::uint64_t> answers_;
};

}  // namespace tokensyncd::sandbox
