#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/config/schema_judge.hpp"
#include "tests/unit/config/vault_folder.hpp"

namespace tokensyncd::config {
namespace {

/// Of Vault sinks: what `keys`, `auth` and `tls` are judged to be.
std::vector<verdict> vault_table() {
  std::vector<verdict> all;
  const auto add = [&](bool good, const std::string& keys, const std::string& auth,
                       const std::string& tls = "") {
    all.push_back({good, vault_folder::document(keys, auth, tls)});
  };
  const std::string token = vault_folder::token;
  const auto keys = [&](bool good, const std::string& more) {
    add(good, least_keys + ", " + more, token);
  };
  const auto address = [&](bool good, const std::string& one) {
    add(good, "path: t, addresses: ['" + one + "']", token);
  };
  const auto path = [&](bool good, const std::string& one) {
    add(good, "addresses: ['https://v'], path: '" + one + "'", token);
  };
  const auto login = [&](bool good, const std::string& auth, const std::string& tls = "{}") {
    add(good, least_keys, auth, tls);
  };
  add(true, least_keys, token);
  add(false, "path: t", token);
  add(false, "addresses: ['https://v']", token);
  all.push_back({false, vault_folder::document(least_keys, token + ", autth: {}")});
  add(true, "path: t, addresses: ['https://v', 'https://w:8200']", token);
  add(false, "path: t, addresses: []", token);
  add(false, "path: t, addresses: 'https://v'", token);
  add(false, "path: t, addresses: ['https://v', 'https://v']", token);
  address(true, "http://127.0.0.1:8200");
  address(true, "http://[::1]");
  address(true, "http://localhost:8200");
  address(true, "https://[2001:db8::1]:8200");
  address(true, "https://${NONE:-v}");
  address(false, "http://v");
  address(false, "http://128.0.0.1");
  address(false, "http://localhost.test");
  address(false, "https://v/");
  address(false, "https://v/v1");
  address(false, "https://u@v");
  address(false, "https://v?x");
  address(false, "v:8200");
  path(true, "a/{workspace}");
  path(true, "...");
  path(true, "a/.b/..c");
  path(false, "/a");
  path(false, "a/");
  path(false, "a//b");
  path(false, "a/./b");
  path(false, "../a");
  path(false, "a/..");
  path(false, "");
  keys(true, "mount: a/b/");
  keys(true, "mount: '${NONE:-m}'");
  keys(false, "mount: /a");
  keys(false, "mount: a//b");
  keys(false, "mount: a//");
  keys(false, "mount: ..");
  keys(false, "mount: 5");
  keys(true, "namespace: team/a");
  keys(false, "namespace: /a");
  keys(false, "namespace: a b");
  keys(false, "namespace: ä");
  keys(false, "namespace: a/..");
  keys(true, "kv_version: 1");
  keys(true, "kv_version: '2'");
  keys(true, "kv_version: auto");
  keys(true, "kv_version: '${NONE:-auto}'");
  keys(false, "kv_version: 3");
  keys(false, "kv_version: v2");
  keys(true, "data: {t: '{token}', 'a b': x}");
  keys(false, "data: {}");
  keys(false, "data: {t: '{token}', '': x}");
  keys(false, "data: {t: '{token}', \"a\\x07\": x}");
  keys(false, "data: {t: '{token}', n: 5}");
  keys(false, "data: {t: '{token}', n: ''}");
  keys(false, "data: ['{token}']");
  keys(true, "adopt: true, inspect_interval: 5m, required: false, on_remove: delete");
  keys(false, "adopt: 'true'");
  keys(false, "inspect_interval: 5");
  keys(false, "on_remove: maybe");
  keys(false, "format: raw");
  login(false, "{}");
  login(false, "{method: userpass}");
  login(false, "token");
  login(false, "{method: token}");
  login(false, "{method: token, token_file: token, mount: m}");
  login(false, "{method: token, token_file: token, x: y}");
  login(true, "{method: approle, role_id_file: role-id}");
  login(true,
        "{method: approle, mount: a/, role_id_file: role-id, secret_id_file: secret-id, "
        "secret_id_wrapped: true}");
  login(false, "{method: approle, secret_id_file: secret-id}");
  login(false, "{method: approle, role_id_file: role-id, secret_id_wrapped: true}");
  login(false, "{method: approle, role_id_file: role-id, role: r}");
  login(false, "{method: approle, role_id_file: role-id, mount: /a}");
  login(true, "{method: approle, role_id_file: role-id, check_interval: 1s}");
  login(false, "{method: approle, role_id_file: role-id, check_interval: 5}");
  login(true, "{method: kubernetes, role: r, jwt_file: jwt}");
  login(false, "{method: kubernetes, jwt_file: jwt}");
  login(false, "{method: kubernetes, role: r, jwt_file: jwt, name: n}");
  login(true, "{method: jwt, jwt_file: jwt}");
  login(true, "{method: jwt, role: r, jwt_file: jwt}");
  login(false, "{method: jwt, role: r}");
  login(false, "{method: jwt, jwt_file: jwt, token_file: token}");
  const std::string pair = "{cert_file: cert.pem, key_file: key.pem}";
  login(true, "{method: cert}", pair);
  login(true, "{method: cert, name: n, mount: c}", pair);
  login(false, "{method: cert}");
  add(false, least_keys, "{method: cert}");
  login(false, "{method: cert, role: r}", pair);
  login(true, token, pair);
  login(true, token, "{ca_file: ca.pem, server_name: a.test, min_version: '1.3'}");
  login(false, token, "{cert_file: cert.pem}");
  login(false, token, "{key_file: key.pem}");
  login(false, token, "{min_version: 1.3}");
  login(false, token, "{insecure: true}");
  return all;
}

TEST(vault_schema, judges_sinks_as_the_loader_does) {
  expect_same_verdicts(vault_folder{}, vault_table());
}

}  // namespace
}  // namespace tokensyncd::config
