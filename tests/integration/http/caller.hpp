#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "daemon/http/client/client.hpp"
#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {

/// What came of a call, copied out of the lent answer.
struct outcome {
  bool done = false;  ///< over, one way or the other
  unsigned status = 0;
  std::string body;
  std::string content_encoding;
  std::optional<failure_kind> failed;
  std::string sentence;
  bool cancelled = false;
};

/// A loop with a client on it, and calls that run as long as the test looks at them.
class caller {
 public:
  explicit caller(http::client_options options) : client_(loop_, std::move(options)) {}

  /// Makes a call and returns what came of it.
  outcome call(const http::request& what) {
    outcome into;
    start(what, into);
    run_until([&] { return into.done; });
    return into;
  }
  outcome get(std::string_view target = "/") {
    http::request what;
    what.target = target;
    return call(what);
  }

  /// Begins a call; `what` and `into` must live until it is done.
  void start(const http::request& what, outcome& into, asio::cancellation_slot slot = {}) {
    auto finished = [&into](const std::exception_ptr& error) {
      into.done = true;
      if (!error) return;
      try {
        std::rethrow_exception(error);
      } catch (const boost::system::system_error& thrown) {
        if (thrown.code() != asio::error::operation_aborted) throw;
        into.cancelled = true;
      }
    };
    asio::co_spawn(loop_, run(what, into), asio::bind_cancellation_slot(slot, finished));
  }

  template <class Condition>
  void run_until(Condition met) {
    loop_.restart();
    while (!met()) loop_.run_one();
  }

  http::client& client() noexcept { return client_; }
  asio::io_context& loop() noexcept { return loop_; }

 private:
  task<void> run(const http::request& what, outcome& into) {
    auto got = co_await client_.call(what);
    if (!got) {
      into.failed = got.error().kind;
      into.sentence = got.error().sentence;
      co_return;
    }
    into.status = got->status();
    into.body = got->body();
    into.content_encoding = got->header("content-encoding").value_or("");
  }

  asio::io_context loop_;
  http::client client_;
};

/// Options for a client of a plain server on this machine.
inline http::client_options plain_options(const raw_server& server) {
  http::client_options options;
  options.origin = "http://127.0.0.1:" + std::to_string(server.port());
  options.user_agent = "tokensyncd/test";
  return options;
}

/// A server's side of a connection: answers `hello` until the client is gone.
inline void answer_each(raw_connection& connection) {
  while (!connection.read_request().empty()) connection.answer("hello");
}

}  // namespace tokensyncd::tests
