#include <atomic>
#include <future>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

http::request get_of(std::string_view target) {
  http::request what;
  what.target = target;
  return what;
}

TEST(client_pool, asks_again_once_where_a_kept_connection_was_closed_meanwhile) {
  raw_server server({}, [](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    // The second request comes, and nothing of an answer.
    if (connection.index() == 0) connection.read_request();
    connection.reset();
  });
  caller calls(plain_options(server));
  EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.client().connections_opened(), 2U);
}

TEST(client_pool, asks_again_no_more_than_once) {
  raw_server server({}, [](raw_connection& connection) {
    connection.read_request();
    if (connection.index() == 0) {
      connection.answer("hello");
      connection.read_request();
    }
  });
  caller calls(plain_options(server));
  EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.get().failed, failure_kind::cut);
  EXPECT_EQ(calls.client().connections_opened(), 2U);
}

TEST(client_pool, never_asks_again_on_a_fresh_connection_nor_after_a_first_byte) {
  raw_server silent({}, [](raw_connection& connection) { connection.read_request(); });
  caller fresh(plain_options(silent));
  EXPECT_EQ(fresh.get().failed, failure_kind::cut);
  EXPECT_EQ(fresh.client().connections_opened(), 1U);

  raw_server begins({}, [](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    connection.read_request();
    connection.send("H");
  });
  caller kept(plain_options(begins));
  kept.get();
  EXPECT_EQ(kept.get().failed, failure_kind::cut);
  EXPECT_EQ(kept.client().connections_opened(), 1U);
}

TEST(client_pool, sends_nothing_but_a_get_twice) {
  using enum http::method;
  for (const auto method : {post, put, patch, del}) {
    std::atomic<int> seen = 0;
    raw_server server({}, [&](raw_connection& connection) {
      connection.read_request();
      connection.answer("hello");
      if (!connection.read_request().empty()) ++seen;
    });
    caller calls(plain_options(server));
    calls.get();
    http::request once = get_of("/");
    once.method = method;
    EXPECT_EQ(calls.call(once).failed, failure_kind::cut);
    EXPECT_EQ(calls.client().connections_opened(), 1U);
    EXPECT_EQ(seen, 1);
  }
}

TEST(client_pool, opens_no_more_connections_than_allowed_and_serves_in_order) {
  std::promise<void> go;
  const auto gone = go.get_future().share();
  raw_server server({}, [&](raw_connection& connection) {
    for (;;) {
      const auto request = connection.read_request();
      if (request.empty()) return;
      gone.wait();
      connection.answer(request.substr(4, 3));
    }
  });
  auto options = plain_options(server);
  options.max_connections = 1;
  caller calls(std::move(options));
  std::vector<std::string> targets;
  for (int i = 10; i < 40; ++i) targets.push_back("/" + std::to_string(i));
  std::vector<http::request> requests;
  for (const auto& one : targets) requests.push_back(get_of(one));
  std::vector<outcome> outcomes(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) calls.start(requests[i], outcomes[i]);
  go.set_value();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    calls.run_until([&] { return outcomes[i].done; });
    EXPECT_EQ(outcomes[i].body, targets[i]);
    for (std::size_t later = i + 1; later < outcomes.size(); ++later)
      EXPECT_FALSE(outcomes[later].done);
  }
  EXPECT_EQ(calls.client().connections_opened(), 1U);
}

TEST(client_pool, gives_up_waiting_for_a_connection_at_the_calls_end) {
  raw_server server({}, [](raw_connection& connection) { connection.wait_for_end(); });
  auto options = plain_options(server);
  options.max_connections = 1;
  options.limits.total = std::chrono::milliseconds{80};
  caller calls(std::move(options));
  const auto what = get_of("/");
  outcome first;
  outcome second;
  calls.start(what, first);
  calls.start(what, second);
  calls.run_until([&] { return first.done && second.done; });
  EXPECT_EQ(first.failed, failure_kind::timed_out);
  EXPECT_THAT(first.sentence, HasSubstr("before its answer"));
  EXPECT_EQ(second.failed, failure_kind::timed_out);
}

TEST(client_pool, discards_the_connection_of_a_cancelled_call_and_passes_its_turn_on) {
  std::promise<void> asked;
  raw_server server({}, [&](raw_connection& connection) {
    connection.read_request();
    if (connection.index() == 0) {
      asked.set_value();
      connection.wait_for_end();
    } else {
      connection.answer("hello");
    }
  });
  auto options = plain_options(server);
  options.max_connections = 1;
  caller calls(std::move(options));
  const auto what = get_of("/");
  outcome hanging;
  outcome waiting;
  outcome last;
  asio::cancellation_signal stop_hanging;
  asio::cancellation_signal stop_waiting;
  calls.start(what, hanging, stop_hanging.slot());
  calls.start(what, waiting, stop_waiting.slot());
  calls.start(what, last);
  auto reached = asked.get_future();
  while (reached.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
    calls.loop().poll();
  stop_waiting.emit(asio::cancellation_type::terminal);
  calls.run_until([&] { return waiting.done; });
  EXPECT_TRUE(waiting.cancelled);
  EXPECT_FALSE(hanging.done);
  stop_hanging.emit(asio::cancellation_type::terminal);
  calls.run_until([&] { return last.done; });
  EXPECT_TRUE(hanging.cancelled);
  EXPECT_EQ(last.body, "hello");
  EXPECT_EQ(calls.client().connections_opened(), 2U);
}

TEST(client_pool, closes_an_idle_connection_by_itself) {
  std::promise<void> ended;
  raw_server server({}, [&](raw_connection& connection) {
    answer_each(connection);
    ended.set_value();
  });
  auto options = plain_options(server);
  options.limits.idle = std::chrono::milliseconds{30};
  caller calls(std::move(options));
  EXPECT_EQ(calls.get().body, "hello");
  // Nothing is left to do once it is closed.
  calls.loop().restart();
  calls.loop().run();
  ended.get_future().wait();
}

TEST(client_pool, does_not_keep_a_connection_that_says_close_or_is_to_be_discarded) {
  raw_server server({}, [](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  caller calls(plain_options(server));
  calls.get();
  calls.get();
  EXPECT_EQ(calls.client().connections_opened(), 2U);
}

}  // namespace
}  // namespace tokensyncd::tests
