#include "daemon/http/proxy_choice.hpp"

#include <map>

#include <gtest/gtest.h>

namespace tokensyncd::http {
namespace {

std::string choose(const std::map<std::string, std::string>& variables,
                   std::string_view configured = {}) {
  const environment env = [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  return choose_proxy(configured, env, "api.test", 443);
}

TEST(proxy_choice, prefers_the_configuration_then_the_environment) {
  EXPECT_EQ(choose({}), "");
  EXPECT_EQ(choose({{"HTTPS_PROXY", "http://p:1"}}), "http://p:1");
  EXPECT_EQ(choose({{"HTTPS_PROXY", "http://p:1"}, {"https_proxy", "q:2"}}), "http://q:2");
  EXPECT_EQ(choose({{"ALL_PROXY", "http://a:3"}}), "http://a:3");
  EXPECT_EQ(choose({{"HTTPS_PROXY", ""}, {"ALL_PROXY", "http://a:3"}}), "http://a:3");
  EXPECT_EQ(choose({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "api.test"}}), "");
  EXPECT_EQ(choose({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "*"}}, "http://c:4"), "http://c:4");
  EXPECT_EQ(choose({{"HTTP_PROXY", "http://p:1"}}), "");
}

TEST(proxy_choice, exempts_names_with_their_subdomains) {
  EXPECT_TRUE(is_exempt("*", "api.test", 443));
  EXPECT_TRUE(is_exempt("other, API.test", "api.test", 443));
  EXPECT_TRUE(is_exempt("test", "api.test", 443));
  EXPECT_TRUE(is_exempt(".test", "api.test", 443));
  EXPECT_TRUE(is_exempt("api.test.", "api.test", 443));
  EXPECT_FALSE(is_exempt("pi.test", "api.test", 443));
  EXPECT_FALSE(is_exempt("", "api.test", 443));
  EXPECT_FALSE(is_exempt(",. ,", "api.test", 443));
  EXPECT_FALSE(is_exempt("a.api.test", "api.test", 443));
}

TEST(proxy_choice, exempts_by_port_address_and_block) {
  EXPECT_TRUE(is_exempt("api.test:443", "api.test", 443));
  EXPECT_FALSE(is_exempt("api.test:444", "api.test", 443));
  EXPECT_TRUE(is_exempt("10.1.2.3", "10.1.2.3", 443));
  EXPECT_TRUE(is_exempt("10.0.0.0/8", "10.1.2.3", 443));
  EXPECT_FALSE(is_exempt("10.0.0.0/16", "10.1.2.3", 443));
  EXPECT_FALSE(is_exempt("10.0.0.0/33", "10.0.0.0", 443));
  EXPECT_FALSE(is_exempt("2.3", "10.1.2.3", 443));
  EXPECT_TRUE(is_exempt("fd00::/8", "fd12::1", 443));
  EXPECT_TRUE(is_exempt("[::1]:443", "::1", 443));
  EXPECT_FALSE(is_exempt("[::1]:8443", "::1", 443));
  EXPECT_FALSE(is_exempt("::/0", "10.1.2.3", 443));
}

}  // namespace
}  // namespace tokensyncd::http
