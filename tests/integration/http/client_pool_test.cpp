#include <atomic>
#include <future>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

void answer_each(raw_connection& connection) {
  while (!connection.read_request().empty()) connection.answer("hello");
}

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

TEST(client_pool, never_sends_a_post_twice) {
  std::atomic<int> posts = 0;
  raw_server server({}, [&](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    if (connection.read_request().starts_with("POST")) ++posts;
  });
  caller calls(plain_options(server));
  calls.get();
  http::request post = get_of("/");
  post.method = http::method::post;
  EXPECT_EQ(calls.call(post).failed, failure_kind::cut);
  EXPECT_EQ(calls.client().connections_opened(), 1U);
  EXPECT_EQ(posts, 1);
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
  EXPECT_THAT(first.sentence, HasSubstr("waiting for the answer"));
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

TEST(client_limits, ends_a_drip_at_the_calls_end) {
  raw_server server({}, [](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
    while (connection.send("x")) {
      std::this_thread::yield();
    }
  });
  auto options = plain_options(server);
  options.limits.total = std::chrono::milliseconds{100};
  options.limits.body_bytes = 50'000'000;
  caller calls(std::move(options));
  EXPECT_EQ(calls.get().failed, failure_kind::timed_out);
}

TEST(client_limits, refuses_too_large_bodies_and_too_many_headers) {
  const auto ask = [](const std::string& head, const std::string& rest) {
    raw_server server({}, [&](raw_connection& connection) {
      connection.read_request();
      connection.send(head);
      while (!rest.empty() && connection.send(rest)) {
      }
    });
    return caller(plain_options(server)).get().failed;
  };
  const std::string much(10'000, 'x');
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", ""), failure_kind::too_large);
  EXPECT_EQ(
      ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2710\r\n" + much + "\r\n"),
      failure_kind::too_large);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + much),
            failure_kind::too_large);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nX: ", much), failure_kind::too_large);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n", "X: a\r\n"), failure_kind::too_large);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: a\r\n"),
            failure_kind::too_large);
  EXPECT_EQ(ask("", "HTTP/1.1 100 Continue\r\n\r\n"), failure_kind::malformed);
}

TEST(client_limits, takes_the_largest_body_in_the_smallest_chunks) {
  std::string chunks;
  for (int i = 0; i < 65536; ++i) chunks += "1;pad\r\nx\r\n";
  raw_server server({}, [&](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
  });
  EXPECT_EQ(caller(plain_options(server)).get().body, std::string(65536, 'x'));
}

TEST(client, does_not_follow_a_redirect) {
  raw_server elsewhere({}, answer_each);
  raw_server server({}, [&](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:" +
                    std::to_string(elsewhere.port()) + "/\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(caller(plain_options(server)).get().status, 307U);
  EXPECT_EQ(elsewhere.accepted(), 0U);
}

http::client_options to_name(unsigned short port, std::vector<const char*> found) {
  http::client_options options;
  options.origin = "http://api.test:" + std::to_string(port);
  options.look_up = [found](const std::string&) {
    http::addresses all;
    for (const char* one : found) all.push_back(asio::ip::make_address(one));
    return result<http::addresses>{all};
  };
  return options;
}

TEST(client_dns, is_asked_for_each_new_connection) {
  raw_server server({}, [](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  auto options = to_name(server.port(), {});
  std::atomic<int> asked = 0;
  options.look_up = [&asked](const std::string& host) {
    EXPECT_EQ(host, "api.test");
    ++asked;
    return result<http::addresses>{http::addresses{asio::ip::make_address("127.0.0.1")}};
  };
  caller calls(std::move(options));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().status, 200U);
  EXPECT_EQ(asked, 3);
}

TEST(client_dns, says_that_there_is_no_address) {
  const auto got = caller(to_name(1, {})).get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("api.test"));
}

TEST(client_dns, is_given_up_in_time_and_keeps_nobody_from_leaving) {
  std::promise<void> release;
  std::promise<void> over;
  {
    auto options = to_name(1, {});
    options.limits.resolve = std::chrono::milliseconds{30};
    auto held = release.get_future().share();
    options.look_up = [held, &over](const std::string&) {
      held.wait();
      over.set_value_at_thread_exit();
      return result<http::addresses>{http::addresses{}};
    };
    caller calls(std::move(options));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().failed, failure_kind::timed_out);
  }
  release.set_value();
  // A second look-up would set the promise twice.
  over.get_future().wait();
}

TEST(client_racing, does_not_wait_for_an_address_that_does_not_answer) {
  raw_server alive({}, answer_each);
  const black_hole dead("127.0.0.2", alive.port());
  auto options = to_name(alive.port(), {"127.0.0.2", "127.0.0.1"});
  options.limits.connect = std::chrono::minutes{5};
  options.limits.total = std::chrono::minutes{5};
  EXPECT_EQ(caller(options).get().body, "hello");
}

TEST(client_racing, goes_on_at_once_after_a_refusal_and_says_when_all_refuse) {
  raw_server alive({}, answer_each);
  EXPECT_EQ(caller(to_name(alive.port(), {"127.0.0.3", "127.0.0.1"})).get().body, "hello");
  const auto got = caller(to_name(alive.port(), {"127.0.0.3", "127.0.0.4"})).get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("api.test"));
}

TEST(client_racing, gives_up_in_time_where_nobody_answers) {
  const black_hole dead("127.0.0.2", 0);
  auto options = to_name(dead.port(), {"127.0.0.2"});
  options.limits.connect = std::chrono::milliseconds{30};
  EXPECT_EQ(caller(options).get().failed, failure_kind::timed_out);
}

}  // namespace
}  // namespace tokensyncd::tests
