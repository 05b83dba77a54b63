#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// What comes of one call to a server that sends `bytes` and ends the connection.
outcome ask_for(std::string_view bytes) {
  raw_server server({}, [bytes](raw_connection& connection) {
    connection.read_request();
    connection.send(bytes);
    connection.cut();
    connection.wait_for_end();
  });
  return caller(plain_options(server)).get();
}

TEST(client, sends_its_headers_and_nothing_else) {
  std::string seen;
  raw_server server({}, [&](raw_connection& connection) {
    seen = connection.read_request();
    connection.answer("");
  });
  http::header headers[] = {{"Authorization", "Bearer x"}};
  http::request what;
  what.target = "/a/b?c";
  what.headers = headers;
  EXPECT_EQ(caller(plain_options(server)).call(what).status, 200U);
  EXPECT_EQ(seen, "GET /a/b?c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nUser-Agent: tokensyncd/test\r\nAccept: application/json\r\n"
                      "Accept-Encoding: identity\r\nAuthorization: Bearer x\r\n\r\n");
}

TEST(client, sends_a_body_with_its_length) {
  std::string seen;
  raw_server server({}, [&](raw_connection& connection) {
    seen = connection.read_request();
    connection.answer("");
  });
  http::request what;
  what.method = http::method::put;
  what.target = "/";
  const std::string body(100'000, 'x');
  what.body = body;
  EXPECT_EQ(caller(plain_options(server)).call(what).status, 200U);
  EXPECT_THAT(seen, HasSubstr("Content-Length: 100000\r\n\r\n"));
  EXPECT_EQ(seen.substr(seen.size() - body.size()), body);
}

TEST(client, sends_a_delete_without_body_and_a_patch_with_one) {
  std::string seen;
  raw_server server({}, [&](raw_connection& connection) {
    seen = connection.read_request();
    connection.answer("");
  });
  http::request what;
  what.method = http::method::del;
  what.target = "/x";
  what.body = "not sent";
  EXPECT_EQ(caller(plain_options(server)).call(what).status, 200U);
  EXPECT_THAT(seen, StartsWith("DELETE /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, EndsWith("\r\n\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("Content-Length")));

  what.method = http::method::patch;
  what.body = "{}";
  EXPECT_EQ(caller(plain_options(server)).call(what).status, 200U);
  EXPECT_THAT(seen, StartsWith("PATCH /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, EndsWith("Content-Length: 2\r\n\r\n{}"));
}

TEST(client, takes_what_is_an_answer) {
  EXPECT_EQ(ask_for("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").body, "hello");
  EXPECT_EQ(ask_for("HTTP/1.1 204 No Content\r\n\r\n").status, 204U);
  EXPECT_EQ(ask_for("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").body, "ok");
  EXPECT_EQ(ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n")
                .body,
            "hello");
  EXPECT_EQ(ask_for("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
                .body,
            "no");
}

TEST(client, shows_that_an_answer_is_encoded_and_leaves_it_as_it_is) {
  const auto got =
      ask_for("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b!");
  EXPECT_EQ(got.content_encoding, "gzip");
  EXPECT_EQ(got.body, "\x1f\x8b!");
}

TEST(client, refuses_what_beast_alone_would_take) {
  for (const std::string_view bytes : {
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nX:\r\n b\r\nContent-Length: 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
           "HTTP/1.1 204 No Content\r\n\r\nbytes",
           "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\n\r\n",
           "HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n",
       }) {
    EXPECT_EQ(ask_for(bytes).failed, failure_kind::malformed) << bytes;
  }
}

TEST(client, refuses_what_is_not_http) {
  for (const std::string_view bytes : {
           "SSH-2.0-OpenSSH_9.2\r\n\r\n",
           "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
           "HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
       }) {
    EXPECT_EQ(ask_for(bytes).failed, failure_kind::malformed) << bytes;
  }
}

TEST(client, refuses_an_answer_that_is_not_complete) {
  for (const std::string_view bytes : {
           "",
           "HTTP/1.1 200 OK\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
           "HTTP/1.1 200 OK\r\n\r\nno end but the connection's",
       }) {
    const auto got = ask_for(bytes);
    EXPECT_EQ(got.failed, failure_kind::cut) << bytes;
    EXPECT_EQ(got.sentence, "127.0.0.1 ended the connection before its answer was complete");
  }
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

}  // namespace
}  // namespace tokensyncd::tests
