#include "daemon/http/client/proxy_choice.hpp"

#include <map>

#include <gmock/gmock.h>

namespace tokensyncd::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using variables = std::map<std::string, std::string>;

result<chosen_proxy> choice(const variables& set, std::string_view configured = {}) {
  const environment env = [&](const char* name) {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second.c_str();
  };
  return choose_proxy(configured, env, "api.test", 443);
}

std::string choose(const variables& set, std::string_view configured = {}) {
  return choice(set, configured).value().url;
}

std::string credentials(const std::string& proxy) {
  const auto chosen = choice({{"HTTPS_PROXY", proxy}});
  const auto& found = chosen.value().credentials;
  return found ? std::string{found->reveal()} : "none";
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

TEST(proxy_choice, takes_user_and_password_and_forgets_a_path) {
  EXPECT_EQ(credentials("http://p:1"), "none");
  EXPECT_EQ(credentials("http://user:p%40ss@p:1"), "user:p@ss");
  EXPECT_EQ(credentials("user:pass@p:1"), "user:pass");
  EXPECT_EQ(credentials("http://user@p:1"), "user:");
  for (const char* text : {"http://user:p%40ss@p:1", "http://p:1/", "http://p:1/x?y#z", "p:1/x"})
    EXPECT_EQ(choose({{"HTTPS_PROXY", text}}), "http://p:1") << text;
}

TEST(proxy_choice, refuses_any_other_proxy_and_names_variable_and_key_but_not_the_value) {
  for (const char* text :
       {"socks5://canary:1", "https://canary:1", "http://u:canary@@p:1", "http://canary:65536",
        "http://canary:84430", "http://", "http://canary:x", "http://a b canary"}) {
    const auto chosen = choice({{"ALL_PROXY", text}});
    ASSERT_TRUE(chosen.has_error()) << text;
    EXPECT_EQ(chosen.error().kind, failure_kind::invalid);
    const auto& sentence = chosen.error().sentence;
    EXPECT_THAT(sentence, HasSubstr("ALL_PROXY"));
    EXPECT_THAT(sentence, HasSubstr("partner.proxy"));
    EXPECT_THAT(sentence, HasSubstr("partner.proxy_auth_file"));
    EXPECT_THAT(sentence, Not(HasSubstr("canary")));
    EXPECT_TRUE(choice({{"ALL_PROXY", text}, {"NO_PROXY", "api.test"}}).has_value());
    EXPECT_TRUE(choice({{"ALL_PROXY", text}, {"HTTPS_PROXY", "p:1"}}).has_value());
  }
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
