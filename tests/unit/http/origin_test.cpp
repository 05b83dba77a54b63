#include "daemon/http/text/origin.hpp"

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
        "https://a%2fb", "https://api.test:0", "https://api.test:65536", "https://api.test:x",
        "https://api.test:84430", "https://api.test:4294967739", "https://api.test:"}) {
    EXPECT_FALSE(parse_origin(text)) << text;
  }
}

TEST(url, splits_a_location_into_origin_and_target) {
  const auto elsewhere = parse_url("https://Vault-2:8200/v1/secret/data/x%20y?z=/&w");
  ASSERT_TRUE(elsewhere);
  EXPECT_TRUE(elsewhere->to.secure);
  EXPECT_EQ(elsewhere->to.host, "vault-2");
  EXPECT_EQ(elsewhere->to.port, 8200);
  EXPECT_EQ(elsewhere->target, "/v1/secret/data/x%20y?z=/&w");

  const auto v6 = parse_url("http://[::1]/v1");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->to.is_address);
  EXPECT_EQ(v6->to.port, 80);
}

TEST(url, has_a_target_that_can_be_sent) {
  EXPECT_EQ(parse_url("https://vault-2")->target, "/");
  EXPECT_EQ(parse_url("https://vault-2?x")->target, "/?x");
  EXPECT_EQ(parse_url("https://vault-2/?")->target, "/?");
  EXPECT_EQ(parse_url("https://vault-2/v1?x#part")->target, "/v1?x");
}

TEST(url, is_whole_and_without_userinfo) {
  for (const auto* text : {"",
                           "/v1/x",
                           "v1/x",
                           "//vault-2/v1",
                           "?x",
                           "https:",
                           "https:/v1",
                           "https:///v1",
                           "ftp://vault-2/v1",
                           "https://user@vault-2/v1",
                           "https://user:password@vault-2/v1",
                           "https://@vault-2/v1",
                           "https://vault-2:0/",
                           "https://vault-2:65536/",
                           "https://vault-2:84430/",
                           "https://vault-2/a b",
                           "https://vault-2/%zz",
                           "https://vault-2/\r\nX: y",
                           "https://vault-2/\x80",
                           " https://vault-2",
                           "https://vault-2 ",
                           "https://vault%2d2/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

}  // namespace
}  // namespace tokensyncd::http
