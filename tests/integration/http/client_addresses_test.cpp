#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

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
  // Shared with the look-up's thread, for which nobody waits.
  const auto over = std::make_shared<std::promise<void>>();
  {
    auto options = to_name(1, {});
    options.limits.resolve = std::chrono::milliseconds{30};
    auto held = release.get_future().share();
    options.look_up = [held, over](const std::string&) {
      held.wait();
      over->set_value();
      return result<http::addresses>{http::addresses{}};
    };
    caller calls(std::move(options));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().failed, failure_kind::unreachable);
  }
  release.set_value();
  // A second look-up would set the promise twice.
  over->get_future().wait();
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
  EXPECT_EQ(caller(options).get().failed, failure_kind::unreachable);
}

}  // namespace
}  // namespace tokensyncd::tests
