// A secret that was given in the place of a path or an address (`${SECRET}`) is shown by its
// variable's name alone, whatever goes wrong.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class a_value_of_the_environment : public testing::Test {
 protected:
  /// Writes another text in the place of a part of the configuration.
  void put(const std::string& in_place_of, const std::string& text) {
    std::string all = read_file(daemon_.config_file());
    const auto at = all.find(in_place_of);
    ASSERT_NE(at, std::string::npos) << in_place_of;
    write_file(daemon_.config_file(), all.replace(at, in_place_of.size(), text));
  }
  void expect_hidden(const finished& ended, int exit_code) const {
    EXPECT_EQ(ended.exit_code, exit_code) << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr("${SECRET}"));
    EXPECT_THAT(ended.errors + ended.output, Not(HasSubstr(secret_)));
  }

  const std::string secret_ = "tla-canary-7f3a";
  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}, .environment = {{"SECRET", secret_}}}};
};

TEST_F(a_value_of_the_environment, in_the_state_s_path_is_shown_by_no_command) {
  put("file: state.db", "file: \"/nowhere/${SECRET}/state.db\"");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"run"}, {"once"}, {"plan"}, {"verify"}, {"rotate", "acme", "--yes"}}) {
    SCOPED_TRACE(words.front());
    expect_hidden(daemon_.command(words), 71);
  }
}

TEST_F(a_value_of_the_environment, in_the_control_socket_s_path_is_shown_by_no_command) {
  put("socket: control.sock", "socket: \"/nowhere/${SECRET}.sock\"");
  expect_hidden(daemon_.command({"run"}), 71);
  for (const char* name : {"status", "sync", "reload"}) {
    SCOPED_TRACE(name);
    expect_hidden(daemon_.command({name}), 69);
  }
  write_file(daemon_.directory() / secret_, "no socket");
  put("/nowhere/${SECRET}.sock", "${SECRET}");
  for (const char* name : {"run", "status"}) {
    SCOPED_TRACE(name);
    const auto ended = daemon_.command({name});
    EXPECT_NE(ended.exit_code, 0);
    EXPECT_THAT(ended.errors, Not(HasSubstr(secret_)));
  }
}

TEST_F(a_value_of_the_environment, in_an_address_is_not_shown_where_it_cannot_be_bound) {
  auto options = daemon_.options();
  options.environment = {{"ADDRESS", "203.0.113.77"}};  // no machine's own (RFC 5737)
  daemon_.configure(options);
  put("listen: []", "listen: [\"${ADDRESS}:9464\"]");
  const auto ended = daemon_.command({"run"});
  EXPECT_EQ(ended.exit_code, 71);
  EXPECT_THAT(ended.errors, HasSubstr("cannot listen on ${ADDRESS}:9464"));
}

TEST_F(a_value_of_the_environment, in_a_certificate_s_path_is_not_shown_where_that_is_none) {
  write_file(daemon_.directory() / secret_, "no certificate");
  auto options = daemon_.options();
  const std::string listen = "webhook: {listen: [\"127.0.0.1:0\"]";
  options.more = listen + "}\n";
  daemon_.configure(options);
  daemon_.start();
  options.more = listen + ", tls: {cert_file: \"${SECRET}\", key_file: \"${SECRET}\"}}\n";
  daemon_.configure(options);
  expect_hidden(daemon_.command({"reload"}), 1);
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(secret_)));
  expect_hidden(daemon_.command({"run"}), 71);
}

TEST_F(a_value_of_the_environment, that_is_no_proxy_ends_the_start_and_is_named_by_its_variable) {
  auto options = daemon_.options();
  options.environment = {{"HTTPS_PROXY", "socks5://user:" + secret_ + "@proxy.invalid:1080"}};
  daemon_.configure(options);
  const auto ended = daemon_.command({"once", "--timeout", "1s"});
  EXPECT_EQ(ended.exit_code, 71) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("the proxy from HTTPS_PROXY"));
  EXPECT_THAT(ended.errors, HasSubstr("set partner.proxy to"));
  EXPECT_THAT(ended.errors, Not(HasSubstr(secret_)));
}

}  // namespace
}  // namespace tokensyncd::tests
