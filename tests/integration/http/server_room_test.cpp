// Who makes place for a newcomer where all connections are taken.
#include <atomic>
#include <chrono>
#include <list>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "tests/integration/http/served.hpp"
#include "tests/integration/http/tls_caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view large_question = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";

/// No deadline helps: who isn't sent away stays.
http::server_limits room_for(std::size_t connections) {
  http::server_limits limits;
  limits.connections = connections;
  limits.handshake_time = limits.header_time = limits.idle_time = limits.write_time =
      limits.end_time = 1h;
  return limits;
}

task<http::reply> answer(const http::server_request& request) {
  http::reply made;
  made.body = request.path == "/large" ? std::string(1'000'000, 'x') : "ok\n";
  co_return made;
}

/// As where the process has hardly a descriptor left.
http::server_limits room_where_descriptors_are_short() {
  http::server_limits limits = room_for(64);
  limits.spare_descriptors = descriptor_limit();
  return limits;
}

bool is_served(unsigned short port) {
  return raw_client(port).say(question).hear("ok\n").ends_with("ok\n");
}

TEST(server_room, is_made_by_who_waits_where_descriptors_are_short) {
  const served server(room_where_descriptors_are_short(), answer);
  std::list<raw_client> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.emplace_back(server.port());
    EXPECT_TRUE(is_served(server.port())) << i;
  }
  // All but the last have made place.
  crowd.pop_back();
  crowd.pop_back();
  for (auto& each : crowd) EXPECT_TRUE(each.is_ended());
}

TEST(server_room, is_made_by_those_who_ask_much_and_read_nothing) {
  std::atomic<int> asked = 0;
  const served server(room_for(2), [&asked](const http::server_request& request) {
    ++asked;
    return answer(request);
  });
  std::string much;
  for (int i = 0; i < 100; ++i) much += large_question;
  std::list<raw_client> crowd;
  for (int i = 0; i < 2; ++i)
    crowd.emplace_back(server.port(), call_options{.receive_bytes = 1}).say(much);
  // No buffer takes 100 of these answers.
  ASSERT_TRUE(eventually([&asked] { return asked >= 2; }));
  EXPECT_TRUE(is_served(server.port()));
  EXPECT_TRUE(is_served(server.port()));
  EXPECT_LT(asked, 202);
}

TEST(server_room, is_made_by_those_who_were_refused_and_stay) {
  const served server(room_for(2), answer);
  std::list<raw_client> crowd;
  for (int i = 0; i < 2; ++i) {
    raw_client& one = crowd.emplace_back(server.port());
    EXPECT_THAT(one.say("x\r\n\r\n").hear("400 Bad Request\n"), StartsWith("HTTP/1.1 400 "));
  }
  EXPECT_TRUE(is_served(server.port()));
}

TEST(server_room, is_made_by_those_who_were_refused_over_tls_and_stay) {
  const temporary_directory folder;
  const certificate_authority authority{folder.path(), "ca"};
  const auto pair = authority.issue("shown", {{"localhost"}, {}});
  const auto make = [&](asio::io_context& loop) {
    auto made = http::server::on_tcp(loop, "127.0.0.1:0", room_for(2));
    made->use_tls(http::load_certificate(pair.certificate, pair.key, {}));
    return made;
  };
  const served server(make, answer);
  std::list<tls_caller> crowd;
  for (int i = 0; i < 2; ++i) {
    tls_caller& one = crowd.emplace_back(server.port(), authority.file());
    // To close_notify: from then on the server waits for ours.
    EXPECT_THAT(one.say("x\r\n\r\n").hear(), StartsWith("HTTP/1.1 400 "));
    EXPECT_TRUE(one.ended_in_order());
  }
  tls_caller genuine{server.port(), authority.file()};
  ASSERT_TRUE(genuine.greeted());
  EXPECT_THAT(genuine.say(question).hear("ok\n"), EndsWith("ok\n"));
}

TEST(server_room, is_made_first_by_who_only_waits_for_its_end) {
  const served server(room_for(2), answer);
  raw_client idle(server.port());
  idle.say(question).hear("ok\n");
  raw_client refused(server.port());
  refused.say("x\r\n\r\n").hear("400 Bad Request\n");
  EXPECT_TRUE(is_served(server.port()));
  EXPECT_THAT(idle.say(question).hear("ok\n"), HasSubstr("200 OK"));
}

TEST(server_room, is_made_by_the_peer_that_has_most) {
  const served server(room_for(4), answer);
  raw_client vendor(server.port());
  vendor.say(question).hear("ok\n");
  const call_options stranger{.from = "127.0.0.2"};
  std::list<raw_client> crowd;
  for (int i = 0; i < 50; ++i) {
    crowd.emplace_back(server.port(), stranger).say(question).hear("ok\n");
  }
  EXPECT_THAT(vendor.say(question).hear("ok\n"), HasSubstr("200 OK"));
}

TEST(server_room, is_never_made_by_whose_answer_is_being_made) {
  std::atomic<bool> asked = false;
  std::atomic<bool> next_is_here = false;
  const served server(room_for(1), [&](const http::server_request& request) -> task<http::reply> {
    asked = true;
    http::timer pause(co_await asio::this_coro::executor);
    // The loop looks at its sockets between two of these: it has seen who waits outside.
    for (int more = request.path == "/large" ? 10 : 0; more > 0; more -= next_is_here ? 1 : 0) {
      pause.expires_after(1ms);
      co_await pause.async_wait(use_task);
    }
    http::reply done;
    done.body = "ok\n";
    co_return done;
  });
  raw_client busy(server.port());
  busy.say(large_question);
  ASSERT_TRUE(eventually([&asked] { return asked.load(); }));
  raw_client next(server.port());
  next.say(question);
  next_is_here = true;
  EXPECT_THAT(busy.hear("ok\n"), EndsWith("ok\n"));
  EXPECT_THAT(next.hear("ok\n"), EndsWith("ok\n"));
}

}  // namespace
}  // namespace tokensyncd::tests
