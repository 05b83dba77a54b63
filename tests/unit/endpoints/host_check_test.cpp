#include "daemon/endpoints/host_check.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::endpoints {
namespace {

const std::vector<std::string> names{"localhost", "Metrics.Internal"};

TEST(host_check, lets_addresses_pass_and_the_names_that_are_configured) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9464", "10.2.3.4:80", "[::1]", "[::1]:9464", "[fe80::1]:9464",
        "localhost", "LOCALHOST:9464", "localhost.:1", "metrics.internal"}) {
    EXPECT_TRUE(host_allowed(host, names)) << host;
  }
}

TEST(host_check, refuses_every_other_name_and_what_only_looks_like_an_address) {
  using namespace std::string_view_literals;
  for (const std::string_view host : {""sv,
                                      ":9464"sv,
                                      "."sv,
                                      "evil.example"sv,
                                      "localhost.evil.example"sv,
                                      "127.0.0.1.evil.example"sv,
                                      "127.0.0.1:9464.evil.example"sv,
                                      "127.1"sv,
                                      "0x7f000001"sv,
                                      "2130706433"sv,
                                      "[::1"sv,
                                      "[::1]x"sv,
                                      "[::1]:port"sv,
                                      "[evil.example]"sv,
                                      "::1"sv,
                                      "localhost:123456"sv,
                                      "localhost:80:80"sv,
                                      "user@localhost"sv,
                                      "127.0.0.1\0x"sv,
                                      "[]"sv}) {
    EXPECT_FALSE(host_allowed(host, names)) << host;
  }
}

}  // namespace
}  // namespace tokensyncd::endpoints
