#include <string>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "tests/unit/config/vault_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(vault_sink_errors, of_addresses_are_named_at_their_place) {
  const vault_folder folder;
  const std::string key = "`sinks.v.addresses` ";
  std::string many;
  for (int number = 0; number < 17; ++number) {
    many += "'https://v" + std::to_string(number) + "', ";
  }
  const std::string http = "5:25: " + key +
                           "must begin with https://; http:// is allowed only for loopback "
                           "addresses (127.0.0.0/8, [::1], localhost)";
  const std::string scheme = "5:25: " + key + "must begin with https://";
  const std::string path =
      "5:25: " + key + "must be https://host or https://host:port, without a path";
  const std::string query = "5:25: " + key + "must not have a query or a fragment";
  const std::string host = "5:25: " + key + "does not have a valid host name or address";
  const std::string port = "5:25: " + key + "does not have a valid port (1 to 65535)";
  for (const row& one : {
           row{"addresses: []", "5:22: " + key + "is empty; name at least one"},
           row{"addresses: 'https://v'",
               "5:22: " + key + "must be a list ([a, b]), not a single value"},
           row{"addresses: ", "5:22: " + key + "must be a list ([a, b]), not nothing"},
           row{"addresses: [ 8200]", "5:24: " + key +
                                         "must be text: YAML reads this as a number or a truth "
                                         "value; put it in quotes"},
           row{"addresses: [" + many + "]",
               "5:22: " + key + "lists more than 16 addresses; remove some"},
           row{"addresses: [ 'https://v', 'https://v']",
               "5:37: " + key + "lists the same value twice"},
           row{"addresses: [ 'https://v', 'https://V:443']",
               "5:37: " + key + "lists the same value twice"},
           row{"addresses: [ 'https://[::1]', 'https://[0:0::1]:00443']",
               "5:41: " + key + "lists the same value twice"},
           row{"addresses: [  v.test:8200]", scheme},
           row{"addresses: [  HTTPS://v]", scheme},
           row{"addresses: [  unix:///run/v.sock]", scheme},
           row{"addresses: [  'http://v.test']", http},
           row{"addresses: [  'http://128.0.0.1']", http},
           row{"addresses: [  'http://localhost.test']", http},
           row{"addresses: [  'http://[::2]:8200']", http},
           row{"addresses: [  'http://[::ffff:127.0.0.1]']", http},
           row{"addresses: [  'http://0.0.0.0:8200']", http},
           row{"addresses: [  'http://127.1']", host},
           row{"addresses: [  'http://127.0.0.1@v.test']",
               "5:25: " + key + "must not contain a user or password"},
           row{"addresses: [  'https://u:p@v']",
               "5:25: " + key + "must not contain a user or password"},
           row{"addresses: [  'https://v/']", path},
           row{"addresses: [  'https://v:8200/v1']", path},
           row{"addresses: [  'https://v?x']", query},
           row{"addresses: [  'https://v#x']", query},
           row{"addresses: [  'https://']", host},
           row{"addresses: [  'https://a_b']", host},
           row{"addresses: [  'https://a b']", host},
           row{"addresses: [  'https://10.0.0.256']", host},
           row{"addresses: [  'https://::1']", host},
           row{"addresses: [  'https://[::1']", host},
           row{"addresses: [  'https://[fe80::1%25eth0]']", host},
           row{"addresses: [  \"https://v\\0\"]",
               "5:25: " + key + "holds a control character, or bytes that are not UTF-8"},
           row{"addresses: [  'https://v:0']", port},
           row{"addresses: [  'https://v:']", port},
           row{"addresses: [  'https://v:65536']", port},
           row{"addresses: [  'https://v:+1']", port},
       }) {
    EXPECT_EQ(folder.errors_with("path: t, " + one.wrong), line(one)) << one.wrong;
  }
}

TEST(vault_sink_errors, of_mounts_namespaces_and_paths_are_named_at_their_place) {
  const vault_folder folder;
  const std::string names = "has a path segment that is empty, `.` or `..`";
  const std::string begin = "must not begin with a slash";
  const std::string end = "must not end with a slash";
  const std::string control = "holds a control character, or bytes that are not UTF-8";
  for (const row& one : {
           row{"mount: /a", begin},
           row{"mount: /", begin},
           row{"mount: a//", end},
           row{"mount: a//b", names},
           row{"mount: ..", names},
           row{"mount: ./", names},
           row{"mount: a/../b", names},
           row{"mount: \"a\\n\"", control},
           row{"mount: \"a\\x85\"", control},
           row{"mount: ''", "must not be empty"},
           row{"mount: " + std::string(256, 'm'), "is longer than 255 bytes"},
           row{"namespace: /a", begin},
           row{"namespace: a//", end},
           row{"namespace: a/./b", names},
           row{"namespace: a b", "must be visible ASCII characters, without spaces"},
           row{"namespace: ä", "must be visible ASCII characters, without spaces"},
           row{"namespace: \"a\\r\\nX-Vault-Token: x\"", control},
           row{"namespace: " + std::string(256, 'n'), "is longer than 255 bytes"},
       }) {
    const std::string key = one.wrong.substr(0, one.wrong.find(':'));
    const std::string at = std::to_string(58 + key.size());
    EXPECT_EQ(folder.errors_with(least_keys + ", " + one.wrong),
              "c.yaml:5:" + at + ": `sinks.v." + key + "` " + one.expected + "\n")
        << one.wrong;
  }
  const std::string unknown =
      ", an unknown placeholder: a path has the placeholders {workspace} and {label.NAME}; write "
      "{{ or }} for a brace";
  for (const row& one : {
           row{"/{workspace}", begin},
           row{"{workspace}/", end},
           row{"a//{workspace}", names},
           row{"./{workspace}", names},
           row{"{workspace}/../x", names},
           row{"..", names},
           row{"a/.", names},
           row{"a/{token}", "has an error at byte 3" + unknown},
           row{"{workspce}", "has an error at byte 1" + unknown},
           row{"a\\x1b", control},
           row{"a\\x7f", control},
           row{"", "must not be empty"},
       }) {
    EXPECT_EQ(folder.errors_with("addresses: ['https://v'], path: \"" + one.wrong + "\""),
              "c.yaml:5:34: `sinks.v.path` " + one.expected + "\n")
        << one.wrong;
  }
}

TEST(vault_sink_errors, of_other_keys_are_named_at_their_place) {
  const vault_folder folder;
  const std::string never =
      "`sinks.v.data` does not contain {token}, so the token would not be written; add {token}";
  std::string many = "data: {";
  for (int number = 0; number < 65; ++number) {
    many += "k" + std::to_string(number) + ": '{token}', ";
  }
  const std::string number =
      "must be text: YAML reads this as a number or a truth value; put it in quotes";
  for (const row& one : {
           row{"kv_version: 3", "5:68: `sinks.v.kv_version` must be 1, 2 or auto"},
           row{"kv_version: atuo",
               "5:68: `sinks.v.kv_version` must be 1, 2 or auto; did you mean `auto`?"},
           row{"kv_version: true", "5:68: `sinks.v.kv_version` must be 1, 2 or auto"},
           row{"data: {}", "5:62: " + never},
           row{"data: {a: x, b: '{workspace}'}", "5:62: " + never},
           row{"data: {a: '{{token}}'}", "5:62: " + never},
           row{"data: [token]", "5:62: `sinks.v.data` must be a mapping ({name: template})"},
           row{"data: '{token}'", "5:62: `sinks.v.data` must be a mapping ({name: template})"},
           row{many + "}", "5:62: `sinks.v.data` has more than 64 names"},
           row{"data: {'': '{token}', t: '{token}'}", "5:63: `sinks.v.data` has an empty name"},
           row{"data: {\"a\\n\": '{token}', t: '{token}'}",
               "5:63: `sinks.v.data.a?` has a control character, or bytes that are not UTF-8, in "
               "its name"},
           row{"data: {t: '{token}', t: '{token}'}",
               "5:77: duplicate key `t`: line 5 already has it; remove one of the two"},
           row{"data: {t: '{token}', n: 5}", "5:80: `sinks.v.data.n` " + number},
           row{"data: {t: '{token}', n: [a]}", "5:80: `sinks.v.data.n` must be text, not a list"},
           row{"data: {t: '{token}', n: ''}", "5:80: `sinks.v.data.n` must not be empty"},
           row{"data: {t: '{token}', n: '{x}'}",
               "5:80: `sinks.v.data.n` has an error at byte 1, an unknown placeholder: the "
               "placeholders "
               "are {token}, {workspace}, {rotated_at}, {generation} and {label.NAME}, each also "
               "with |shell, |env or |json; write {{ or }} for a brace"},
           row{"data: {t: '{tokn}'}",
               "5:66: `sinks.v.data.t` has an error at byte 1, an unknown placeholder: the "
               "placeholders "
               "are {token}, {workspace}, {rotated_at}, {generation} and {label.NAME}, each also "
               "with |shell, |env or |json; write {{ or }} for a brace"},
           row{"adopt: 'true'", "5:63: `sinks.v.adopt` must be true or false, without quotes"},
           row{"inspect_interval: 999ms", "5:74: `sinks.v.inspect_interval` must be from 1s to 7d"},
           row{"inspect_interval: 60",
               "5:74: `sinks.v.inspect_interval` must be a duration such as 500ms, 30s, 5m, 1h or "
               "7d"},
           row{"required: no", "5:66: `sinks.v.required` must be true or false, without quotes"},
           row{"on_remove: delte",
               "5:67: `sinks.v.on_remove` must be one of keep, delete; did you mean `delete`?"},
           row{"adress: x", "5:56: unknown key `sinks.v.adress`; did you mean `addresses`?"},
           row{"format: raw",
               "5:56: unknown key `sinks.v.format`; known here: type, addresses, mount, path, "
               "kv_version, data, adopt, namespace, inspect_interval, auth, tls, required, "
               "on_remove, on_change"},
           row{"on_change: {}", "5:67: `sinks.v.on_change.command` is missing"},
       }) {
    EXPECT_EQ(folder.errors_with(least_keys + ", " + one.wrong), line(one)) << one.wrong;
  }
}

TEST(vault_sink_errors, come_all_at_once) {
  const vault_folder folder;
  const std::string head =
      "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: w1}]\n";
  EXPECT_EQ(folder.errors(head + "sinks: {v: {type: vault}}\n"),
            "c.yaml:4:12: `sinks.v.addresses` is missing\n"
            "c.yaml:4:12: `sinks.v.auth` is missing\n"
            "c.yaml:4:12: `sinks.v.path` is missing\n");
  EXPECT_EQ(
      folder.errors(head + "sinks: {v: {type: valut, adopt: 1}}\n"),
      "c.yaml:4:12: `sinks.v.addresses` is missing\n"
      "c.yaml:4:12: `sinks.v.auth` is missing\n"
      "c.yaml:4:12: `sinks.v.path` is missing\n"
      "c.yaml:4:19: `sinks.v.type` must be one of `file`, `vault`, `exec`; did you mean `vault`?\n"
      "c.yaml:4:33: `sinks.v.adopt` must be true or false, without quotes\n");
  EXPECT_EQ(folder.errors(head + "sinks: {v: {type: consul, adopt: 1}}\n"),
            "c.yaml:4:19: `sinks.v.type` must be one of `file`, `vault`, `exec`\n");
  EXPECT_EQ(
      folder.errors(head + "sinks: {v: {adopt: 1}, w: {type: [a]}, x: 5}\n"),
      "c.yaml:3:14: this workspace names no sink, but there is more than one; set its `sinks`, or "
      "`workspace_defaults.sinks`\n"
      "c.yaml:4:12: `sinks.v.type` is missing; write `type: file`, `type: vault` or `type: exec`\n"
      "c.yaml:4:34: `sinks.w.type` must be text; write `type: file`, `type: vault` or `type: "
      "exec`\n"
      "c.yaml:4:43: `sinks.x` must be a mapping (`key: value`), not a single value\n");
}

TEST(vault_sink_errors, never_show_what_came_from_the_environment) {
  vault_folder folder;
  folder.variables = {{"SECRET", "tla_canary"}};
  for (const auto* keys :
       {"addresses: ['https://u:${SECRET}@v']", "addresses: ['http://${SECRET}']",
        "mount: '/${SECRET}'", "path: '/${SECRET}'", "kv_version: '${SECRET}'",
        "namespace: '${SECRET} x'", "data: {a: '${SECRET}{'}", "inspect_interval: '${SECRET}'"}) {
    const std::string errors = folder.errors_with(keys, "{method: '${SECRET}'}");
    EXPECT_THAT(errors, HasSubstr("`sinks.v." + std::string{keys}.substr(0, 4)));
    EXPECT_THAT(errors, Not(HasSubstr("tla_canary"))) << keys;
  }
}

}  // namespace
}  // namespace tokensyncd::config
