#include <atomic>
#include <chrono>
#include <list>
#include <memory>

#include <sys/resource.h>

#include <gmock/gmock.h>

#include "tests/integration/http/served.hpp"
#include "tests/support/eventually.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

task<http::reply> ok(const http::server_request&) {
  http::reply answer;
  answer.body = "ok\n";
  co_return answer;
}

TEST(server_limits, refuses_too_large_headers_and_bodies_while_they_are_still_sent) {
  served server(ok);
  const std::string flood = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(200'000, 'a');
  EXPECT_THAT(raw_client(server.port()).say(flood).hear(), StartsWith("HTTP/1.1 431 "));

  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 300; ++i) many += "X: a\r\n";
  EXPECT_THAT(raw_client(server.port()).say(many + "\r\n").hear(), StartsWith("HTTP/1.1 431 "));

  const std::string body(100'000, 'a');
  EXPECT_THAT(raw_client(server.port())
                  .say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + body)
                  .hear(),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      raw_client(server.port())
          .say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + body)
          .hear(),
      StartsWith("HTTP/1.1 413 "));
}

TEST(server_limits, ends_a_request_that_does_not_come_to_its_end_and_serves_others_meanwhile) {
  http::server_limits limits;
  limits.header_time = std::chrono::milliseconds{100};
  served server(limits, ok);
  raw_client slow(server.port());
  slow.say("GET / HTTP/1.1\r\nHost:");
  EXPECT_THAT(raw_client(server.port()).say(question).hear("ok\n"), HasSubstr("200 OK"));
  EXPECT_THAT(slow.hear(), StartsWith("HTTP/1.1 408 "));

  raw_client no_body(server.port());
  no_body.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(no_body.hear(), StartsWith("HTTP/1.1 408 "));
}

TEST(server_limits, ends_an_idle_connection) {
  http::server_limits limits;
  limits.idle_time = std::chrono::milliseconds{50};
  served server(limits, ok);
  raw_client never_asks(server.port());
  EXPECT_EQ(never_asks.hear(), "");
  raw_client asks_once(server.port());
  asks_once.say(question).hear("ok\n");
  EXPECT_EQ(asks_once.hear(), "");
}

/// Says when it is gone.
struct farewell {
  explicit farewell(std::atomic<bool>& said) : said_(said) {}
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;
  ~farewell() { said_ = true; }

 private:
  std::atomic<bool>& said_;
};

TEST(server_limits, ends_a_connection_that_does_not_take_its_answer) {
  http::server_limits limits;
  limits.write_time = std::chrono::milliseconds{100};
  std::atomic<bool> ended = false;
  served server(limits, [&ended](const http::server_request&) -> task<http::reply> {
    http::reply answer;
    answer.stream = [etag = std::make_shared<farewell>(ended)](std::string& piece) {
      piece.assign(1'000'000, 'x');
      return true;
    };
    co_return answer;
  });
  raw_client client(server.port());
  client.say(question);
  client.hear("xxx");
  ASSERT_TRUE(eventually([&] { return ended.load(); }));
  // Of an answer without an end only what was under way comes: the connection is over.
  EXPECT_THAT(client.hear(), EndsWith("x"));
  EXPECT_THAT(raw_client(server.port()).say(question).hear("xxx"), HasSubstr("200 OK"));
}

TEST(server_limits, lets_the_oldest_that_waits_make_place_for_one_more) {
  http::server_limits limits;
  limits.connections = 3;
  served server(limits, ok);
  raw_client first(server.port());
  first.say(question).hear("ok\n");
  raw_client second(server.port());
  second.say(question).hear("ok\n");
  raw_client third(server.port());
  third.say("GET / HTTP/1.1\r\n");
  raw_client fourth(server.port());
  EXPECT_THAT(fourth.say(question).hear("ok\n"), HasSubstr("200 OK"));
  EXPECT_EQ(first.hear(), "");
  EXPECT_THAT(second.say(question).hear("ok\n"), HasSubstr("200 OK"));
}

TEST(server_limits, serves_through_a_crowd_that_never_finishes_its_headers) {
  http::server_limits limits;
  limits.connections = 4;
  served server(limits, ok);
  std::list<raw_client> crowd;
  for (int i = 0; i < 50; ++i) crowd.emplace_back(server.port()).say("GET / HTTP/1.1\r\nX:");
  EXPECT_THAT(raw_client(server.port()).say(question).hear("ok\n"), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace tokensyncd::tests
