#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::string_view, 5> unasked{
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 600\r\nContent-Length: 2\r\n\r\n{}",
    "H",
};

/// What a connection speaks; none is plain HTTP.
using layer = std::optional<tls_version>;

/// Bytes that no call asked for, on the only connection of a client (RFC 9112, section 9.2).
class client_surplus : public ::testing::TestWithParam<layer> {
 protected:
  raw_server_options over() {
    raw_server_options options;
    if (!GetParam()) return options;
    certificate_request named;
    named.names = {"api.test"};
    options.tls = ours_.issue("good", named);
    options.newest = *GetParam();
    return options;
  }

  http::client_options one_connection_to(unsigned short port) const {
    http::client_options options;
    options.origin = (GetParam() ? "https://api.test:" : "http://api.test:") + std::to_string(port);
    options.tls.ca_file = ours_.file();
    options.max_connections = 1;
    options.look_up = [](const std::string&) {
      return result<http::addresses>{http::addresses{asio::ip::make_address("127.0.0.1")}};
    };
    return options;
  }

  temporary_directory directory_;
  certificate_authority ours_{directory_.path(), "ours"};
};

/// Only there may a server speak before the client is done, and for itself between two answers.
class client_surplus_of_tls_1_3 : public client_surplus {};

TEST_P(client_surplus, between_two_calls_is_no_answer_to_the_second) {
  for (const auto bytes : unasked) {
    std::promise<void> heard;
    std::promise<void> sent;
    raw_server server(over(), [&](raw_connection& connection) {
      connection.read_request();
      connection.answer(connection.index() == 0 ? "first" : "second");
      if (connection.index() != 0) return connection.wait_for_end();
      heard.get_future().wait();
      connection.send(bytes);
      sent.set_value();
      connection.wait_for_end();
    });
    caller calls(one_connection_to(server.port()));
    EXPECT_EQ(calls.get().body, "first");
    heard.set_value();
    sent.get_future().wait();
    const auto second = calls.get();
    EXPECT_EQ(second.body, "second") << bytes << second.sentence;
    EXPECT_EQ(calls.client().connections_opened(), 2U);
  }
}

TEST_P(client_surplus, in_the_packet_of_an_answer_is_none_to_the_next_call) {
  for (const auto bytes : unasked) {
    raw_server server(over(), [&](raw_connection& connection) {
      connection.read_request();
      if (connection.index() != 0) {
        connection.answer("second");
        return connection.wait_for_end();
      }
      connection.hold_back();
      connection.answer("first");
      connection.send(bytes);
      connection.hold_back(false);
      connection.wait_for_end();
    });
    caller calls(one_connection_to(server.port()));
    // Over TLS the bytes are in a record of their own, else they are seen with the answer.
    const auto first = calls.get();
    EXPECT_EQ(first.body, GetParam() ? "first" : "");
    EXPECT_EQ(first.failed == failure_kind::malformed, !GetParam());
    EXPECT_EQ(calls.get().body, "second") << bytes;
    EXPECT_EQ(calls.client().connections_opened(), 2U);
  }
}

TEST_P(client_surplus, is_noticed_by_its_first_bytes) {
  // A record's header is five bytes; OpenSSL reads it by itself.
  for (const std::size_t bytes : {1UL, 5UL, 8UL}) {
    std::promise<void> heard;
    std::promise<void> passed;
    std::atomic<bool> cut = false;
    const auto first_heard = heard.get_future().share();
    raw_server behind(over(), [&](raw_connection& connection) {
      connection.read_request();
      connection.answer(connection.index() == 0 ? "first" : "second");
      if (connection.index() == 0) {
        first_heard.wait();
        cut = true;
        connection.send(unasked[0]);
      }
      connection.wait_for_end();
    });
    // Everything comes but the rest of what nobody asked for.
    raw_server between({}, [&](raw_connection& connection) {
      connection.tunnel_to(behind.port(), [&](std::string& to_client) {
        if (connection.index() != 0 || !cut) return;
        to_client.resize(std::min(to_client.size(), bytes));
        connection.send(std::exchange(to_client, {}));
        passed.set_value();
      });
    });
    caller calls(one_connection_to(between.port()));
    EXPECT_EQ(calls.get().body, "first");
    heard.set_value();
    passed.get_future().wait();
    EXPECT_EQ(calls.get().body, "second") << bytes;
  }
}

TEST_P(client_surplus, ends_the_connection_of_a_call_that_cannot_be_repeated_before_it_is_sent) {
  std::promise<void> heard;
  std::promise<void> sent;
  std::atomic<int> on_the_first = 0;
  raw_server server(over(), [&](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    if (connection.index() != 0) return connection.wait_for_end();
    heard.get_future().wait();
    connection.send(unasked[0]);
    sent.set_value();
    if (!connection.read_request().empty()) ++on_the_first;
  });
  caller calls(one_connection_to(server.port()));
  calls.get();
  heard.set_value();
  sent.get_future().wait();
  http::request what;
  what.method = http::method::put;
  what.target = "/";
  EXPECT_EQ(calls.call(what).body, "hello");
  server.stop();
  EXPECT_EQ(on_the_first, 0);
}

TEST_P(client_surplus, ends_a_kept_connection_that_was_closed_before_anything_is_sent_on_it) {
  std::promise<void> closed;
  raw_server server(over(), [&](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    if (connection.index() == 0) {
      connection.end();
      closed.set_value();
    }
    connection.wait_for_end();
  });
  caller calls(one_connection_to(server.port()));
  calls.get();
  closed.get_future().wait();
  http::request what;
  what.method = http::method::put;
  what.target = "/";
  EXPECT_EQ(calls.call(what).body, "hello");
}

TEST_P(client_surplus_of_tls_1_3, before_the_first_call_is_no_answer_either) {
  auto options = over();
  options.before_the_client_is_done = unasked[0];
  raw_server server(options, answer_each);
  const auto got = caller(one_connection_to(server.port())).get();
  EXPECT_EQ(got.failed, failure_kind::malformed) << got.body;
  EXPECT_THAT(got.sentence, HasSubstr("before it got a request"));
}

TEST_P(client_surplus_of_tls_1_3, that_is_none_keeps_the_connection) {
  std::promise<void> sent;
  raw_server server(over(), [&](raw_connection& connection) {
    connection.read_request();
    connection.answer("first");
    connection.send_between_answers();
    sent.set_value();
    while (!connection.read_request().empty()) {
      connection.hold_back();
      connection.answer("second");
      connection.send_between_answers();
      connection.hold_back(false);
    }
  });
  caller calls(one_connection_to(server.port()));
  EXPECT_EQ(calls.get().body, "first");
  sent.get_future().wait();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(calls.get().body, "second");
  EXPECT_EQ(calls.client().connections_opened(), 1U);
}

INSTANTIATE_TEST_SUITE_P(over, client_surplus_of_tls_1_3,
                         ::testing::Values(layer{tls_version::v1_3}));
INSTANTIATE_TEST_SUITE_P(over, client_surplus,
                         ::testing::Values(layer{}, layer{tls_version::v1_2},
                                           layer{tls_version::v1_3}),
                         [](const auto& chosen) -> std::string {
                           if (!chosen.param) return "plain";
                           return *chosen.param == tls_version::v1_2 ? "tls_1_2" : "tls_1_3";
                         });

}  // namespace
}  // namespace tokensyncd::tests
