#include "daemon/http/client/unix_call.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace tokensyncd;
namespace fs = std::filesystem;

/// A server for one connection that reads a request and answers with fixed bytes.
class canned_server {
 public:
  explicit canned_server(std::string answer) {
    char name[] = "/tmp/unix_call_XXXXXX";
    directory_ = mkdtemp(name);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    thread_ = std::thread{[this, answer = std::move(answer)] { serve(answer); }};
  }

  ~canned_server() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) {
      thread_.join();
    }
    ::close(listener_);
    fs::remove_all(directory_);
  }

  canned_server(const canned_server&) = delete;
  canned_server& operator=(const canned_server&) = delete;

  [[nodiscard]] fs::path path() const { return directory_ / "s"; }

  /// What was asked, once the connection is over.
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  void serve(const std::string& answer) {
    const int peer = ::accept(listener_, nullptr, nullptr);
    std::array<char, 4096> buffer{};
    while (peer >= 0 && request_.find("\r\n\r\n") == std::string::npos) {
      const auto size = ::read(peer, buffer.data(), buffer.size());
      if (size <= 0) {
        break;
      }
      request_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    if (answer != "silence") {
      static_cast<void>(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL));
    } else {
      static_cast<void>(::read(peer, buffer.data(), buffer.size()));
    }
    ::close(peer);
  }

  fs::path directory_;
  int listener_ = -1;
  std::string request_;
  std::thread thread_;
};

failure_kind kind_of_answer(const char* bytes, std::chrono::milliseconds limit = 1min) {
  canned_server server{bytes};
  return http::unix_call(server.path(), http::method::get, "/status", limit).error().kind;
}

TEST(unix_call, asks_once_and_gives_status_and_body) {
  canned_server server{"HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\n\r\nhello"};
  const auto answer = http::unix_call(server.path(), http::method::post, "/-/reload", 1min);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 409U);
  EXPECT_EQ(answer->body, "hello");
  const auto request = server.request();
  EXPECT_THAT(request, testing::StartsWith("POST /-/reload HTTP/1.1\r\n"));
  EXPECT_THAT(request, testing::HasSubstr("\r\nConnection: close\r\n"));
}

TEST(unix_call, puts_a_chunked_answer_together) {
  canned_server server{
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"};
  const auto answer = http::unix_call(server.path(), http::method::get, "/status", 1min);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "onetwo");
}

TEST(unix_call, half_an_answer_is_none) {
  EXPECT_EQ(kind_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
            failure_kind::cut);
  EXPECT_EQ(kind_of_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"),
            failure_kind::cut);
  EXPECT_EQ(kind_of_answer(""), failure_kind::cut);
}

TEST(unix_call, something_else_than_http_is_malformed) {
  EXPECT_EQ(kind_of_answer("SSH-2.0-OpenSSH_9.2\r\n\r\n"), failure_kind::malformed);
}

TEST(unix_call, silence_ends_in_time) {
  EXPECT_EQ(kind_of_answer("silence", 20ms), failure_kind::timed_out);
}

TEST(unix_call, where_nobody_listens_nobody_is_reached) {
  fs::path path;
  {
    canned_server server{""};
    path = server.path();
    static_cast<void>(http::unix_call(path, http::method::get, "/", 1min));
  }
  const auto answer = http::unix_call(path, http::method::get, "/", 1min);
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().kind, failure_kind::unreachable);
  EXPECT_THAT(answer.error().sentence, testing::HasSubstr(path.string()));
}

TEST(unix_call, a_path_too_long_for_a_socket_is_a_failure) {
  const auto answer =
      http::unix_call(fs::path{"/" + std::string(200, 'x')}, http::method::get, "/", 1min);
  EXPECT_TRUE(answer.has_error());
}

}  // namespace
