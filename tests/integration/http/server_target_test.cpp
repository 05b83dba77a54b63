#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "tests/integration/http/served.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(server_target, takes_a_whole_url_and_its_host_for_the_one_that_is_meant) {
  served server(tell);
  const auto heard = [&](const std::string& line) {
    const auto all = raw_client(server.port())
                         .say(line + " HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
                         .hear();
    return all.substr(all.find("\r\n\r\n") + 4);
  };
  EXPECT_EQ(heard("GET http://x/a/b?c=d"), "GET|/a/b|c=d|x|\n");
  EXPECT_EQ(heard("GET HTTP://X:80/a"), "GET|/a||X:80|\n");
  EXPECT_EQ(heard("GET https://[::1]:8443"), "GET|/||[::1]:8443|\n");
  EXPECT_EQ(heard("GET http://x?a=/b"), "GET|/|a=/b|x|\n");
}

TEST(server_target, says_to_options_of_everything_that_it_is_there) {
  served server(tell);
  for (const char* line : {"OPTIONS * HTTP/1.1", "OPTIONS http://x HTTP/1.1"}) {
    raw_client client(server.port());
    client.say(std::string{line} + "\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.hear("\r\n\r\n"), StartsWith("HTTP/1.1 204 "));
    EXPECT_THAT(client.say("OPTIONS /a HTTP/1.1\r\nHost: x\r\n\r\n").hear("|\n"),
                HasSubstr("OPTIONS|/a||x|"));
  }
}

TEST(server_target, passes_over_an_empty_line_before_a_request) {
  served server(tell);
  raw_client client(server.port());
  for (const std::string_view bytes :
       {"\r\nPOST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok\r\n",
        "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"})
    EXPECT_THAT(client.say(bytes).hear("ok\n"), EndsWith("POST|/x||x|ok\n"));
}

TEST(server_target, takes_an_empty_line_for_no_beginning) {
  http::server_limits limits;
  limits.header_time = std::chrono::milliseconds{20};
  limits.idle_time = std::chrono::milliseconds{200};
  served server(limits, tell);
  // Closed as an idle one, not told that its request is late.
  EXPECT_EQ(raw_client(server.port()).say("\r\n").hear(), "");
  EXPECT_THAT(raw_client(server.port()).say("\r").hear(), StartsWith("HTTP/1.1 408 "));
}

}  // namespace
}  // namespace tokensyncd::tests
