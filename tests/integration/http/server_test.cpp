#include "daemon/http/server/server.hpp"

#include <filesystem>
#include <future>
#include <stdexcept>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/server/listening.hpp"
#include "tests/integration/http/served.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(server, hands_over_what_was_asked_and_sends_what_was_answered) {
  served server(tell);
  raw_client client(server.port());
  const auto heard = client.say("GET /a/b?c=d?e HTTP/1.1\r\nHost: x\r\n\r\n").hear("|\n");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(heard, HasSubstr("Content-Length: 18\r\n"));
  EXPECT_THAT(heard, EndsWith("\r\n\r\nGET|/a/b|c=d?e|x|\n"));
}

TEST(server, answers_requests_that_were_sent_together_one_after_the_other) {
  served server(tell);
  raw_client client(server.port());
  client.say(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: "
      "x\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto heard = client.hear();
  const auto first = heard.find("POST|/1||x|one\n");
  const auto second = heard.find("GET|/2||x|\n");
  const auto third = heard.find("GET|/3||x|\n");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST(server, takes_a_request_that_comes_byte_by_byte_and_in_chunks) {
  served server(tell);
  raw_client client(server.port());
  for (const char c : std::string_view{"PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                       "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"})
    client.say({&c, 1});
  EXPECT_THAT(client.hear("abc\n"), HasSubstr("PUT|/x||x|abc\n"));
}

TEST(server, answers_head_without_the_body) {
  served server(tell);
  raw_client client(server.port());
  const auto heard = client.say("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hear();
  EXPECT_THAT(heard, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(heard, EndsWith("\r\n\r\n"));
}

TEST(server, ends_the_connection_after_an_answer_that_says_so) {
  served server([](const http::server_request&) -> task<http::reply> {
    http::reply answer;
    answer.body = "ok\n";
    answer.last = true;
    co_return answer;
  });
  raw_client client(server.port());
  client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto heard = client.hear();
  EXPECT_THAT(heard, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(heard.find("ok\n"), heard.size() - 3);
}

TEST(server, closes_after_a_request_of_http_1_0) {
  served server(tell);
  EXPECT_THAT(raw_client(server.port()).say("GET / HTTP/1.0\r\n\r\n").hear(),
              HasSubstr("Connection: close\r\n"));
}

TEST(server, tells_a_client_that_asks_before_it_sends_its_body) {
  served server(tell);
  raw_client client(server.port());
  client.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.say("ok").hear("ok\n"), HasSubstr("|ok\n"));
}

TEST(server, refuses_what_is_no_request_and_closes) {
  served server(tell);
  for (const std::string_view bytes : {
           "hello\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
           "GET http://x/ HTTP/1.1\r\n\r\n",
           "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET http://x:65536/ HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET http://x/#y HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
           "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
           "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
           "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
           "GET / HTTP/1.1\nHost: x\n\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       }) {
    EXPECT_THAT(raw_client(server.port()).say(bytes).hear(), StartsWith("HTTP/1.1 400 ")) << bytes;
  }
}

TEST(server, answers_500_where_a_handler_throws_or_answers_what_cannot_be_sent) {
  served throwing([](const http::server_request&) -> task<http::reply> {
    throw std::runtime_error("secret");
    co_return http::reply{};
  });
  raw_client client(throwing.port());
  const auto heard = client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").hear("Error\n");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(heard, Not(HasSubstr("secret")));

  served splitting([](const http::server_request&) -> task<http::reply> {
    http::reply answer;
    answer.headers.emplace_back("X", "a\r\nSet-Cookie: b");
    co_return answer;
  });
  EXPECT_THAT(raw_client(splitting.port()).say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").hear("\n\r\n"),
              StartsWith("HTTP/1.1 500 "));
}

task<http::reply> count(const http::server_request&) {
  http::reply answer;
  answer.stream = [n = 0](std::string& piece) mutable {
    piece = n == 1 ? "" : std::to_string(n);
    return ++n < 4;
  };
  co_return answer;
}

TEST(server, sends_a_long_answer_in_pieces) {
  served server(count);
  raw_client client(server.port());
  const auto heard = client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").hear("0\r\n\r\n");
  EXPECT_THAT(heard, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(heard, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(heard, EndsWith("\r\n\r\n1\r\n0\r\n1\r\n2\r\n1\r\n3\r\n0\r\n\r\n"));

  EXPECT_THAT(raw_client(server.port()).say("GET / HTTP/1.0\r\n\r\n").hear(),
              EndsWith("\r\n\r\n023"));
}

http::handler tell_peer() {
  return [](const http::server_request& request) -> task<http::reply> {
    http::reply answer;
    if (request.from) answer.body = std::to_string(request.from->pid) + '\n';
    co_return answer;
  };
}

served::maker on_unix(const std::filesystem::path& path) {
  return [path](asio::io_context& loop) {
    return http::server::on_unix(loop, path, http::server_limits{});
  };
}

TEST(server, knows_who_asks_on_a_unix_socket_of_mode_0660_and_removes_it) {
  const temporary_directory directory;
  const auto path = directory / "control.sock";
  {
    const mode_t before = ::umask(0077);
    served server(on_unix(path), tell_peer());
    ::umask(before);
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0660U);
    EXPECT_EQ(server.port(), 0);
    EXPECT_THAT(raw_client(path.string())
                    .say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .hear(),
                EndsWith("\r\n\r\n" + std::to_string(::getpid()) + "\n"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(server, replaces_a_unix_socket_only_where_nobody_listens) {
  const temporary_directory directory;
  const auto path = directory / "control.sock";
  asio::io_context loop;
  {
    served alive(on_unix(path), tell_peer());
    EXPECT_THROW((void)http::server::on_unix(loop, path, {}), std::runtime_error);
    EXPECT_TRUE(raw_client(path.string()).is_open());
    std::filesystem::create_hard_link(path, directory / "left.sock");
  }
  std::filesystem::rename(directory / "left.sock", path);
  EXPECT_NO_THROW((void)http::server::on_unix(loop, path, {}));

  std::filesystem::create_directory(path);
  EXPECT_THROW((void)http::server::on_unix(loop, path, {}), std::runtime_error);
  EXPECT_THROW((void)http::server::on_unix(loop, directory / std::string(120, 'x'), {}),
               std::runtime_error);
}

result<bool> listen_again(served& one) {
  return asio::co_spawn(one.loop(), one.server().listen_again(), asio::use_future).get();
}

std::string pid_from(const std::filesystem::path& socket) {
  raw_client client(socket.string());
  return client.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hear();
}

TEST(server, listens_again_where_its_unix_socket_was_deleted) {
  const temporary_directory directory;
  const auto path = directory / "control.sock";
  served server(on_unix(path), tell_peer());
  raw_client before(path.string());
  EXPECT_FALSE(listen_again(server).value());
  std::filesystem::remove(path);
  EXPECT_TRUE(listen_again(server).value());
  EXPECT_FALSE(listen_again(server).value());
  EXPECT_THAT(pid_from(path), EndsWith(std::to_string(::getpid()) + "\n"));
  server.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(server, leaves_a_unix_socket_alone_that_another_program_has_put_in_its_place) {
  const temporary_directory directory;
  const auto path = directory / "control.sock";
  served first(on_unix(path), tell_peer());
  std::filesystem::remove(path);
  const served second(on_unix(path), tell_peer());
  const auto refused = listen_again(first);
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().sentence, HasSubstr("another program listens there"));
  first.stop();
  EXPECT_THAT(pid_from(path), EndsWith(std::to_string(::getpid()) + "\n"));
}

TEST(server, says_when_it_cannot_listen) {
  asio::io_context loop;
  served taken(tell);
  for (const std::string& where :
       {std::string{"127.0.0.1:"} + std::to_string(taken.port()), std::string{"127.0.0.1"},
        std::string{"127.0.0.1:"}, std::string{"192.0.2.1:0"}, std::string{"127.0.0.1:http"},
        std::string{"127.0.0.1:65536"}, std::string{"127.0.0.1:84430"}}) {
    EXPECT_THROW((void)http::server::on_tcp(loop, where, {}), std::runtime_error) << where;
  }
}

TEST(server, leaves_ipv4_to_another_of_its_port_where_it_is_told_to) {
  if (!http::has_address("[::1]:0")) GTEST_SKIP() << "there is no IPv6 here";
  asio::io_context loop;
  const auto ipv6 = http::server::on_tcp(loop, "[::]:0", {}, true);
  const std::string port = ":" + std::to_string(ipv6->port());
  const auto ipv4 = http::server::on_tcp(loop, "0.0.0.0" + port, {});
  const auto both = http::server::on_tcp(loop, "[::]:0", {});
  const std::string taken = ":" + std::to_string(both->port());
  EXPECT_THROW((void)http::server::on_tcp(loop, "0.0.0.0" + taken, {}), std::runtime_error);
}

TEST(server, finishes_a_reply_in_progress_and_closes_what_is_idle) {
  std::promise<void> asked;
  std::promise<void> release;
  served server([&](const http::server_request&) -> task<http::reply> {
    asked.set_value();
    // Blocks the loop: the stop comes while the reply is in progress.
    release.get_future().wait();
    http::reply answer;
    answer.body = "done\n";
    co_return answer;
  });
  raw_client idle(server.port());
  raw_client busy(server.port());
  busy.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  server.begin_stop();
  release.set_value();
  const auto heard = busy.hear();
  EXPECT_THAT(heard, EndsWith("done\n"));
  EXPECT_EQ(idle.hear(), "");
  server.stop();
  EXPECT_TRUE(server.ended_well());
}

TEST(server, cancels_a_handler_that_does_not_end) {
  std::promise<void> asked;
  served server([&](const http::server_request&) -> task<http::reply> {
    http::timer forever(co_await asio::this_coro::executor, http::never);
    asked.set_value();
    co_await forever.async_wait(use_task);
    co_return http::reply{};
  });
  raw_client client(server.port());
  client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  server.stop();
  EXPECT_TRUE(server.ended_well());
  EXPECT_EQ(client.hear(), "");
}

TEST(look_at_tcp, tells_an_address_that_this_machine_does_not_have) {
  const auto looked = http::look_at_tcp("192.0.2.1:9464");  // for documents (RFC 5737)
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().sentence, HasSubstr("this machine has no such address"));
}

TEST(has_address, knows_those_of_this_machine) {
  EXPECT_TRUE(http::has_address("127.0.0.1:9464"));
  EXPECT_FALSE(http::has_address("192.0.2.1:9464"));
  EXPECT_TRUE(http::has_address("127.0.0.1:80")) << "whoever may listen there";
}

TEST(look_at_tcp, is_content_with_a_port_that_is_in_use) {
  const served used{tell};
  EXPECT_TRUE(http::look_at_tcp("127.0.0.1:" + std::to_string(used.port())));
}

}  // namespace
}  // namespace tokensyncd::tests
