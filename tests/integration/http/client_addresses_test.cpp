#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
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

/// What a name server knows; shared with look-ups, whose threads nobody waits for.
struct name_server {
  result<http::addresses> look_up() {
    ++asked;
    const std::scoped_lock guard(lock);
    if (found.empty()) return failure{failure_kind::unreachable, "DNS is away"};
    http::addresses all;
    for (const char* one : found) all.push_back(asio::ip::make_address(one));
    return all;
  }

  std::mutex lock;
  std::vector<const char*> found{"127.0.0.1"};
  std::atomic<unsigned> asked = 0;
};

/// A name whose addresses change, on two servers that say who they are.
class client_moves : public ::testing::Test {
 protected:
  http::client_options options() {
    http::client_options made;
    made.origin = "http://api.test:" + std::to_string(one_.port());
    made.max_connections = 1;
    made.limits.renewal = http::milliseconds{0};
    made.look_up = [names = names_](const std::string&) { return names->look_up(); };
    return made;
  }

  void find(std::vector<const char*> all) {
    const std::scoped_lock guard(names_->lock);
    names_->found = std::move(all);
  }

  static raw_server_options at(const char* address, unsigned short port) {
    raw_server_options options;
    options.address = address;
    options.port = port;
    return options;
  }
  static raw_server::script say(const char* who) {
    return [who](raw_connection& connection) {
      while (!connection.read_request().empty()) connection.answer(who);
    };
  }

  std::shared_ptr<name_server> names_ = std::make_shared<name_server>();
  std::atomic<unsigned>& asked_ = names_->asked;
  raw_server one_{{}, say("one")};
  raw_server two_{at("127.0.0.2", one_.port()), say("two")};
};

TEST_F(client_moves, a_busy_connection_is_left_for_the_address_that_the_name_has_now) {
  caller calls(options());
  EXPECT_EQ(calls.get().body, "one");
  find({"127.0.0.2"});
  outcome got = calls.get();
  while (got.body == "one") got = calls.get();
  EXPECT_EQ(got.body, "two");
  EXPECT_EQ(calls.client().connections_opened(), 2U);
  find({"127.0.0.1", "127.0.0.2"});
  for (const unsigned before = asked_; asked_ < before + 3;)
    EXPECT_EQ(calls.get().body, "two") << "its address is still one of them";
  EXPECT_EQ(calls.client().connections_opened(), 2U);
}

TEST_F(client_moves, a_connection_outlives_dns) {
  caller calls(options());
  EXPECT_EQ(calls.get().body, "one");
  find({});
  for (const unsigned before = asked_; asked_ < before + 3;) EXPECT_EQ(calls.get().body, "one");
  EXPECT_EQ(calls.client().connections_opened(), 1U);
}

TEST_F(client_moves, no_call_waits_for_a_look_up_beside_it) {
  const auto release = std::make_shared<std::promise<void>>();
  const auto held = release->get_future().share();
  auto slow = options();
  slow.look_up = [names = names_, held](const std::string&) {
    if (names->asked == 1) held.wait();
    return names->look_up();
  };
  {
    caller calls(std::move(slow));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(calls.get().body, "one");
    EXPECT_EQ(asked_, 1U) << "the second hangs";
  }
  release->set_value();
}

TEST_F(client_moves, a_name_is_looked_up_again_after_a_time_and_no_earlier) {
  auto patient = options();
  patient.limits.renewal = std::chrono::hours{1};
  caller calls(std::move(patient));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(calls.get().body, "one");
  EXPECT_EQ(asked_, 1U);
  EXPECT_GE(http::client_limits{}.renewal, std::chrono::seconds{10});
  EXPECT_LE(http::client_limits{}.renewal, std::chrono::seconds{30})
      << "an address is left in 60 s";
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
