#include "daemon/http/origin.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::http {
namespace {

TEST(origin, reads_scheme_host_and_port) {
  const auto plain = parse_origin("https://API.Test");
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->secure);
  EXPECT_EQ(plain->host, "api.test");
  EXPECT_EQ(plain->port, 443);
  EXPECT_FALSE(plain->is_address);
  EXPECT_EQ(plain->authority(), "api.test");
  EXPECT_EQ(plain->authority_with_port(), "api.test:443");

  const auto v6 = parse_origin("http://[::1]:8080/");
  ASSERT_TRUE(v6);
  EXPECT_FALSE(v6->secure);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_TRUE(v6->is_address);
  EXPECT_EQ(v6->authority(), "[::1]:8080");
}

TEST(origin, is_nothing_else) {
  for (const auto* text :
       {"", "api.test", "https://", "https:///", "ftp://api.test", "https://api.test/path",
        "https://api.test?q", "https://api.test#f", "https://user@api.test", "https://a b",
        "https://a%2fb", "https://api.test:0", "https://api.test:65536", "https://api.test:x"}) {
    EXPECT_FALSE(parse_origin(text)) << text;
  }
}

}  // namespace
}  // namespace tokensyncd::http
