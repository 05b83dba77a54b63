#include "daemon/http/text/request_bytes.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::http {
namespace {

// Longer than two of the blocks that are looked at at once.
constexpr std::size_t longest = 40;

std::string written(const request& what) {
  outgoing_bytes out;
  write_request(what, common_headers("api.test", "tests/1"), out);
  return std::string{out.view()};
}

TEST(request_bytes, are_a_request_as_it_is_sent) {
  const std::array<header, 1> headers{header{"Authorization", "Bearer abc"}};
  request what;
  what.target = "/workspaces/ws-1/api-token";
  what.headers = headers;
  EXPECT_EQ(written(what),
            "GET /workspaces/ws-1/api-token HTTP/1.1\r\nHost: api.test\r\nUser-Agent: tests/1\r\n"
            "Accept: application/json\r\nAccept-Encoding: identity\r\n"
            "Authorization: Bearer abc\r\n\r\n");
  what.method = method::put;
  what.body = "{}";
  EXPECT_TRUE(written(what).ends_with("Authorization: Bearer abc\r\nContent-Length: 2\r\n\r\n{}"));
}

TEST(request_bytes, take_a_header_value_without_control_characters_wherever_they_are) {
  for (std::size_t size = 0; size <= longest; ++size) {
    const std::string good(size, 'a');
    EXPECT_TRUE(is_header_value(good)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = good;
        text[at] = static_cast<char>(byte);
        const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        EXPECT_EQ(is_header_value(text), !is_control) << size << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(request_bytes, take_a_header_name_of_token_characters_alone) {
  constexpr std::string_view allowed =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  EXPECT_FALSE(is_header_name(""));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name{'X', static_cast<char>(byte)};
    EXPECT_EQ(is_header_name(name), allowed.find(static_cast<char>(byte)) != allowed.npos) << byte;
  }
}

TEST(request_bytes, are_never_made_of_a_target_that_would_end_the_line) {
  for (std::size_t at = 1; at < longest; ++at) {
    for (const char bad : {' ', '\r', '\n', '\0', '\x7f', '\x80', '\xff'}) {
      std::string target = "/" + std::string(longest - 1, 'a');
      target[at] = bad;
      request what;
      what.target = target;
      EXPECT_THROW(written(what), std::invalid_argument) << at << ' ' << int{bad};
    }
  }
  request what;
  what.target = "no-slash";
  EXPECT_THROW(written(what), std::invalid_argument);
}

}  // namespace
}  // namespace tokensyncd::http
