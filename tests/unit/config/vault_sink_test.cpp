#include <chrono>
#include <filesystem>
#include <string>
#include <variant>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "config/print/effective.hpp"
#include "tests/unit/config/vault_folder.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr const char* service_account_token = "/var/run/secrets/kubernetes.io/serviceaccount/token";

vault_sink_settings of(const loaded& outcome) {
  EXPECT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  EXPECT_EQ(config_folder::listed(outcome.warnings), "");
  return outcome.value ? std::get<vault_sink_settings>(outcome.value->sinks.at(0).kind)
                       : vault_sink_settings{};
}

TEST(vault_sink, takes_the_documented_defaults) {
  const vault_folder folder;
  const loaded outcome = folder.load(vault_folder::document(least_keys));
  vault_sink_settings expected;
  expected.addresses = {"https://v:8200"};
  expected.path = "t/{workspace}";
  expected.auth.token_file = folder.path() / "token";
  EXPECT_EQ(of(outcome), expected);
  EXPECT_EQ(expected.mount, "secret");
  EXPECT_EQ(expected.inspect_interval, 1h);
  EXPECT_THAT(expected.data,
              ElementsAre(Pair("rotated_at", "{rotated_at}"), Pair("token", "{token}"),
                          Pair("workspace_id", "{workspace}")));
  EXPECT_TRUE(outcome.value->sinks[0].required);
  EXPECT_EQ(outcome.value->sinks[0].removal, on_remove::keep);
}

TEST(vault_sink, reads_every_key) {
  const vault_folder folder;
  const loaded outcome = folder.load(vault_folder::document(
      "addresses: [https://a.test:8200, 'http://127.1.2.3:1'], mount: a/kv/, kv_version: 2, "
      "path: 'x/{label.tier}/{workspace}', namespace: team/a/, adopt: true, required: false, "
      "inspect_interval: 1s, on_remove: delete, data: {z: '{token|json}', a: \"{generation}\\n\"}",
      "{method: approle, mount: ap/2/, role_id_file: role-id, secret_id_file: secret-id, "
      "secret_id_wrapped: true, check_interval: 0s}",
      "{ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem, server_name: s.test, "
      "min_version: '1.3'}"));
  vault_sink_settings expected;
  expected.addresses = {"https://a.test:8200", "http://127.1.2.3:1"};
  expected.mount = "a/kv";
  expected.version = kv_version::v2;
  expected.path = "x/{label.tier}/{workspace}";
  expected.name_space = "team/a";
  expected.adopt = true;
  expected.inspect_interval = 1s;
  expected.data = {{"a", "{generation}\n"}, {"z", "{token|json}"}};
  expected.auth.method = vault_auth_method::approle;
  expected.auth.mount = "ap/2";
  expected.auth.role_id_file = folder.path() / "role-id";
  expected.auth.secret_id_file = folder.path() / "secret-id";
  expected.auth.secret_id_wrapped = true;
  expected.auth.check_interval = 0s;
  expected.tls.ca_file = folder.path() / "ca.pem";
  expected.tls.cert_file = folder.path() / "cert.pem";
  expected.tls.key_file = folder.path() / "key.pem";
  expected.tls.server_name = "s.test";
  expected.tls.min_version = "1.3";
  EXPECT_EQ(of(outcome), expected);
  ASSERT_TRUE(outcome.value);
  EXPECT_FALSE(outcome.value->sinks[0].required);
  EXPECT_EQ(outcome.value->sinks[0].removal, on_remove::erase);
}

TEST(vault_sink, takes_a_kv_version_with_and_without_quotes) {
  const vault_folder folder;
  const auto version = [&](const std::string& text) {
    return of(folder.load(vault_folder::document(least_keys + ", kv_version: " + text))).version;
  };
  EXPECT_EQ(version("1"), kv_version::v1);
  EXPECT_EQ(version("'1'"), kv_version::v1);
  EXPECT_EQ(version("2"), kv_version::v2);
  EXPECT_EQ(version("auto"), kv_version::automatic);
}

TEST(vault_sink, writes_each_address_in_one_way) {
  const vault_folder folder;
  const auto addresses =
      of(folder.load(vault_folder::document(
             "path: t, addresses: ['https://V.Test:443', 'https://v.test:08200', "
             "'https://[0:0::1]', 'http://[::1]:80', 'http://LOCALHOST:8200', "
             "'http://127.255.0.1', 'https://[2001:DB8::0:1]:8200', "
             "'https://10.0.0.1']")))
          .addresses;
  EXPECT_THAT(addresses, ElementsAre("https://v.test", "https://v.test:8200", "https://[::1]",
                                     "http://[::1]", "http://localhost:8200", "http://127.255.0.1",
                                     "https://[2001:db8::1]:8200", "https://10.0.0.1"));
}

TEST(vault_sink, reads_each_method_of_logging_in) {
  const vault_folder folder;
  const auto auth = [&](const std::string& text, const std::string& tls = "") {
    return of(folder.load(vault_folder::document(least_keys, text, tls))).auth;
  };
  using method = vault_auth_method;
  vault_auth_settings expected;
  expected.method = method::token;
  expected.token_file = folder.path() / "token";
  EXPECT_EQ(auth("{method: token, token_file: token}"), expected);

  expected = {};
  expected.method = method::approle;
  expected.mount = "approle";
  expected.role_id_file = folder.path() / "role-id";
  EXPECT_EQ(auth("{method: approle, role_id_file: role-id}"), expected);

  expected = {};
  expected.method = method::kubernetes;
  expected.mount = "kubernetes";
  expected.role = "r";
  expected.jwt_file = folder.path() / "jwt";
  EXPECT_EQ(auth("{method: kubernetes, role: r, jwt_file: jwt}"), expected);

  expected.method = method::jwt;
  expected.mount = "jwt";
  EXPECT_EQ(auth("{method: jwt, role: r, jwt_file: jwt}"), expected);
  expected.role = "";
  EXPECT_EQ(auth("{method: jwt, jwt_file: jwt}"), expected);

  expected = {};
  expected.method = method::cert;
  expected.mount = "cert";
  EXPECT_EQ(auth("{method: cert}", "{cert_file: cert.pem, key_file: key.pem}"), expected);
  expected.mount = "c";
  expected.name = "n";
  EXPECT_EQ(auth("{method: cert, name: n, mount: c}", "{cert_file: cert.pem, key_file: key.pem}"),
            expected);
}

TEST(vault_sink, follows_the_links_by_which_kubernetes_shows_a_token) {
  const vault_folder folder;
  folder.write("sa/..2026/token", "x", 0644);
  std::filesystem::create_directory_symlink("..2026", folder.path() / "sa/..data");
  std::filesystem::create_symlink("..data/token", folder.path() / "sa/token");
  const auto auth = of(folder.load(vault_folder::document(
                           least_keys, "{method: kubernetes, role: r, jwt_file: sa/token}")))
                        .auth;
  EXPECT_EQ(auth.jwt_file, folder.path() / "sa/token");
  std::filesystem::permissions(folder.path() / "sa/..2026/token", std::filesystem::perms{0666});
  EXPECT_THAT(folder.errors_with(least_keys, "{method: kubernetes, role: r, jwt_file: sa/token}"),
              HasSubstr("is writable by its group or by others"));
}

TEST(vault_sink, takes_the_token_of_the_pod_by_default_where_there_is_one) {
  const vault_folder folder;
  const std::string document = vault_folder::document(least_keys, "{method: kubernetes, role: r}");
  if (std::filesystem::exists(service_account_token)) {
    EXPECT_EQ(of(folder.load(document)).auth.jwt_file, service_account_token);
  } else {
    EXPECT_EQ(folder.errors(document),
              "c.yaml:6:8: `sinks.v.auth.jwt_file` is not set, so it is "
              "/var/run/secrets/kubernetes.io/serviceaccount/token, which does not exist\n");
  }
}

TEST(vault_sink, is_printed_as_one_that_means_the_same) {
  const vault_folder folder;
  for (const auto& text :
       {vault_folder::document(least_keys),
        vault_folder::document(
            least_keys + ", mount: a$$b/c, namespace: n, kv_version: 1, adopt: true, data: "
                         "{'a\"\\': \"{token}\\t{{$$\\n\", '$x${A}$$': '$$', ü: 'é'}",
            "{method: approle, role_id_file: role-id, secret_id_file: secret-id, "
            "secret_id_wrapped: true, mount: m}",
            "{ca_file: ca.pem, server_name: s.test, min_version: '1.3'}"),
        vault_folder::document(least_keys, "{method: jwt, role: 'a$$b', jwt_file: jwt}"),
        vault_folder::document(least_keys, "{method: cert, name: n, check_interval: 7d}",
                               "{cert_file: cert.pem, key_file: key.pem}")}) {
    const loaded first = folder.load(text);
    const auto settings = of(first);
    ASSERT_TRUE(first.value);
    const std::string printed = effective_yaml(*first.value, 100);
    EXPECT_EQ(of(folder.load(printed)), settings) << printed;
  }
}

TEST(vault_sink, is_printed_with_the_names_of_its_files_and_not_what_they_hold) {
  const vault_folder folder;
  folder.write("secret-id", "tla_canary");
  const loaded outcome = folder.load(vault_folder::document(
      least_keys, "{method: approle, role_id_file: role-id, secret_id_file: secret-id}"));
  ASSERT_TRUE(outcome.value);
  const std::string printed = effective_yaml(*outcome.value, 100);
  EXPECT_THAT(printed, HasSubstr((folder.path() / "secret-id").string()));
  EXPECT_THAT(printed, Not(HasSubstr("tla_canary")));
}

}  // namespace
}  // namespace tokensyncd::config
