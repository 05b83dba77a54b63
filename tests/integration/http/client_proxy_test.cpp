#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class client_proxy : public ::testing::Test {
 protected:
  http::client_options through(const raw_server& proxy) const {
    http::client_options options;
    options.origin = "https://api.test";
    options.user_agent = "tokensyncd/test";
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    return options;
  }

  outcome answered(const std::string& bytes) const {
    raw_server proxy({}, [&](raw_connection& connection) {
      connection.read_request();
      connection.send(bytes);
      connection.cut();
      connection.wait_for_end();
    });
    return caller(through(proxy)).get();
  }

  temporary_directory directory_;
};

TEST_F(client_proxy, is_asked_to_connect_and_gets_no_header_of_the_call) {
  std::string seen;
  std::string then;
  raw_server proxy({}, [&](raw_connection& connection) {
    seen = connection.read_request();
    connection.send("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n");
    then = connection.read_some();
  });
  const http::header headers[] = {{"Authorization", "Bearer canary"}};
  http::request what;
  what.target = "/";
  what.headers = headers;
  EXPECT_EQ(caller(through(proxy)).call(what).failed, failure_kind::unreachable);
  proxy.stop();
  EXPECT_EQ(seen,
            "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n"
            "User-Agent: tokensyncd/test\r\n\r\n");
  EXPECT_EQ(then.substr(0, 2), "\x16\x03");  // a TLS handshake
  EXPECT_THAT(then, Not(HasSubstr("canary")));
}

TEST_F(client_proxy, passes_calls_through_in_tls_with_the_server_behind_it) {
  const certificate_authority ours{directory_.path(), "ours"};
  certificate_request named;
  named.names = {"api.test"};
  raw_server_options over_tls;
  over_tls.tls = ours.issue("good", named);
  std::string name;
  std::vector<std::string> arrived;
  raw_server behind(over_tls, [&](raw_connection& connection) {
    name = connection.server_name();
    for (auto one = connection.read_request(); !one.empty(); one = connection.read_request()) {
      arrived.push_back(one);
      connection.answer("hello");
    }
  });
  std::vector<std::string> asked;
  raw_server proxy({}, [&](raw_connection& connection) {
    asked.push_back(connection.read_request());
    connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
    connection.tunnel_to(behind.port());
  });
  auto options = through(proxy);
  options.tls.ca_file = ours.file();
  {
    caller calls(options);
    for (const char* target : {"/first", "/second"}) {
      const auto got = calls.get(target);
      EXPECT_EQ(got.sentence, "");
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.body, "hello");
    }
  }
  proxy.stop();
  behind.stop();
  EXPECT_EQ(name, "api.test");
  ASSERT_EQ(arrived.size(), 2U);
  EXPECT_THAT(arrived[0], StartsWith("GET /first HTTP/1.1\r\n"));
  EXPECT_THAT(arrived[1], StartsWith("GET /second HTTP/1.1\r\n"));
  EXPECT_THAT(arrived[0], HasSubstr("\r\nHost: api.test\r\n"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_THAT(asked[0], StartsWith("CONNECT api.test:443 HTTP/1.1\r\n"));
}

TEST_F(client_proxy, does_not_make_another_server_the_one_that_was_asked_for) {
  const certificate_authority ours{directory_.path(), "ours"};
  certificate_request named;
  named.names = {"other.test"};
  raw_server_options over_tls;
  over_tls.tls = ours.issue("other", named);
  raw_server behind(over_tls, answer_each);
  raw_server proxy({}, [&](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
    connection.tunnel_to(behind.port());
  });
  auto options = through(proxy);
  options.tls.ca_file = ours.file();
  EXPECT_EQ(caller(options).get().failed, failure_kind::tls);
}

TEST_F(client_proxy, gets_the_credentials_of_the_file_as_it_is_now) {
  std::vector<std::string> seen;
  raw_server proxy({}, [&](raw_connection& connection) {
    seen.push_back(connection.read_request());
    connection.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!");
    connection.wait_for_end();
  });
  auto options = through(proxy);
  options.proxy_auth_file = directory_ / "auth";
  std::ofstream(options.proxy_auth_file) << "user:pass\n";
  caller calls(options);
  const auto got = calls.get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("proxy_auth_file"));
  std::ofstream(options.proxy_auth_file) << "user:other";
  calls.get();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(seen[0], HasSubstr("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"));
  EXPECT_THAT(seen[1], HasSubstr("Proxy-Authorization: Basic dXNlcjpvdGhlcg==\r\n"));
}

TEST_F(client_proxy, is_not_asked_with_credentials_that_cannot_be_used) {
  raw_server proxy({}, [](raw_connection& connection) { connection.wait_for_end(); });
  auto options = through(proxy);
  options.proxy_auth_file = directory_ / "auth";
  EXPECT_EQ(caller(options).get().failed, failure_kind::invalid);
  for (const char* text : {"", "nocolon", "a:b\r\nX: c\n"}) {
    std::ofstream(options.proxy_auth_file) << text;
    EXPECT_EQ(caller(options).get().failed, failure_kind::invalid) << text;
  }
}

TEST_F(client_proxy, may_refuse_break_or_talk_nonsense) {
  const auto refused = answered("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\ncanary");
  EXPECT_EQ(refused.failed, failure_kind::unreachable);
  EXPECT_THAT(refused.sentence, HasSubstr("502"));
  EXPECT_THAT(refused.sentence, Not(HasSubstr("canary")));
  EXPECT_EQ(answered("").failed, failure_kind::unreachable);
  EXPECT_EQ(answered("HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n").failed,
            failure_kind::unreachable);
  for (const char* bytes :
       {"220 smtp ready\r\n\r\n", "2", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 20x\r\n\r\n"})
    EXPECT_EQ(answered(bytes).failed, failure_kind::malformed) << bytes;
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\n").failed, failure_kind::unreachable);
  EXPECT_THAT(answered("HTTP/1.1 101 Switching\r\n\r\n").sentence, HasSubstr("101"));
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\n\r\nbytes before TLS").failed, failure_kind::malformed);
}

TEST_F(client_proxy, says_nothing_about_a_tunnel_in_the_headers_of_its_answer) {
  const certificate_authority ours{directory_.path(), "ours"};
  certificate_request named;
  named.names = {"api.test"};
  raw_server_options over_tls;
  over_tls.tls = ours.issue("good", named);
  raw_server behind(over_tls, answer_each);
  for (const char* said : {
           "HTTP/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 200\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
           "HTTP/1.1 204 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nno header\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n\r\n",
       }) {
    raw_server proxy({}, [&](raw_connection& connection) {
      connection.read_request();
      connection.send(said);
      connection.tunnel_to(behind.port());
    });
    auto options = through(proxy);
    options.tls.ca_file = ours.file();
    const auto got = caller(options).get();
    EXPECT_EQ(got.body, "hello") << said << got.sentence;
  }
}

TEST_F(client_proxy, is_heard_no_longer_than_headers_may_be) {
  const auto got = answered("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(got.failed, failure_kind::too_large);
}

TEST_F(client_proxy, gets_the_credentials_of_its_variable_unless_a_file_has_them) {
  std::vector<std::string> seen;
  raw_server proxy({}, [&](raw_connection& connection) {
    const auto request = connection.read_request();
    if (request.empty()) return;
    seen.push_back(request);
    connection.send("HTTP/1.1 407 No\r\n\r\n");
    connection.wait_for_end();
  });
  auto options = through(proxy);
  options.proxy_credentials = std::make_shared<const secret>("user:canary");
  const auto got = caller(options).get();
  EXPECT_THAT(got.sentence, HasSubstr("HTTPS_PROXY"));
  EXPECT_THAT(got.sentence, Not(HasSubstr("canary")));
  options.proxy_auth_file = directory_ / "auth";
  std::ofstream(options.proxy_auth_file) << "user:other";
  caller(options).get();
  options.proxy_auth_file.clear();
  for (const std::string& wrong : {std::string{"a:b\r\nX: c"}, "a:" + std::string(600, 'b')}) {
    options.proxy_credentials = std::make_shared<const secret>(wrong);
    EXPECT_EQ(caller(options).get().failed, failure_kind::invalid);
  }
  proxy.stop();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(seen[0], HasSubstr("Proxy-Authorization: Basic dXNlcjpjYW5hcnk=\r\n"));
  EXPECT_THAT(seen[1], HasSubstr("Proxy-Authorization: Basic dXNlcjpvdGhlcg==\r\n"));
}

TEST_F(client_proxy, is_given_up_in_time) {
  raw_server silent({}, [](raw_connection& connection) { connection.wait_for_end(); });
  auto options = through(silent);
  options.limits.handshake = std::chrono::milliseconds{30};
  const auto got = caller(options).get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("CONNECT"));
}

TEST_F(client_proxy, is_for_https_alone_and_itself_http) {
  asio::io_context loop;
  http::client_options options;
  options.origin = "http://api.test";
  options.proxy = "http://127.0.0.1:1";
  EXPECT_THROW(http::client(loop, options), std::runtime_error);
  options.origin = "https://api.test";
  options.proxy = "https://127.0.0.1:1";
  EXPECT_THROW(http::client(loop, options), std::runtime_error);
  options.proxy = "http://user:pass@127.0.0.1:1";
  EXPECT_THROW(http::client(loop, options), std::runtime_error);
}

}  // namespace
}  // namespace tokensyncd::tests
