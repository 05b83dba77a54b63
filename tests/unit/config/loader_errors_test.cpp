#include <string>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(loader_errors, names_file_line_column_and_the_nearest_key) {
  const config_folder folder;
  const std::string errors = folder.errors(
      "version: 1\n"
      "partner: {id: acme, secretfile: secret, secret_file: secret}\n"
      "workspaces: [{id: w1}]\n"
      "sinks: {files: {type: file, path: /o, fromat: raw}}\n"
      "workspace_default: {}\n");
  EXPECT_EQ(errors,
            "c.yaml:2:21: unknown key `partner.secretfile`; did you mean `secret_file`?\n"
            "c.yaml:4:39: unknown key `sinks.files.fromat`; did you mean `format`?\n"
            "c.yaml:5:1: unknown key `workspace_default`; did you mean `workspace_defaults`?\n");
}

TEST(loader_errors, finds_all_errors_at_once_a_syntax_error_included) {
  const config_folder folder;
  const std::string errors = folder.errors(
      "version: 2\n"
      "partner: {id: 12, secret_file: nowhere}\n"
      "poll: {interval: 5, jitter: 90%}\n"
      "workspaces: [{idd: w}, w2]\n"
      "sinks: {f: {type: file, path: 'a'}, g: {type: fil}}\n"
      "admin: {listen: ':9464'\n"
      "log: }\n");
  for (const auto* expected :
       {"c.yaml:1:10: `version` must be 1", "c.yaml:2:15: `partner.id` must be text",
        "nowhere, which does not exist",
        "c.yaml:3:18: `poll.interval` must be a duration such as 500ms, 30s",
        "c.yaml:3:29: `poll.jitter` must be a percentage", "c.yaml:4:15: unknown key",
        "c.yaml:4:14: `workspaces[].id` is missing",
        "c.yaml:4:24: `workspaces[]` must be a mapping",
        "`sinks.g.type` must be one of `file`, `vault`, `exec`; did you mean `file`?",
        "`sinks.g.path` is missing", "not valid YAML"}) {
    EXPECT_THAT(errors, HasSubstr(expected));
  }
}

TEST(loader_errors, does_not_blame_what_a_syntax_error_cut_off) {
  const config_folder folder;
  EXPECT_EQ(folder.errors("version: 1\npartner: {id: acme,\n  timeout: 5s,\n"),
            "c.yaml:4:1: not valid YAML (end of map flow not found); check the indentation and "
            "the brackets of this line and the one above\n");
}

TEST(loader_errors, refuses_each_wrong_value_at_its_place) {
  struct row {
    const char* extra;
    const char* expected;
  };
  const config_folder folder;
  for (const row& one : {
           row{"poll: {interval: 99ms}", "5:18: `poll.interval` must be from 100ms to 7d"},
           row{"poll: {interval: 1 s}", "must be a duration such as 500ms"},
           row{"poll: {interval: 60}", "5:18: `poll.interval` must be a duration such as 500ms"},
           row{"poll: {interval: true}", "must be a duration such as 500ms"},
           row{"poll: {jitter: 10}", "must be a percentage from 0% to 50%"},
           row{"poll:\n interval: 5s\n  jitter: 1%", "check the indentation"},
           row{"poll: [a]", "5:7: `poll` must be a mapping (`key: value`), not a list"},
           row{"poll:", "`poll` must be a mapping (`key: value`), not nothing"},
           row{"poll: {interval: }", "`poll.interval` has no value"},
           row{"poll: {jitter: 51%}", "from 0% to 50%"},
           row{"version: 1",
               "5:1: duplicate key `version`: line 1 already has it; remove one of the two"},
           row{"log: {level: debg}",
               "5:14: `log.level` must be one of debug, info, warning, "
               "error; did you mean `debug`?"},
           row{"log: {level: true}", "must be text"},
           row{"log: {level: '\\x01'", "not valid YAML"},
           row{"admin: {listen: 127.0.0.1:1}", "must be a list ([a, b]), not a single value"},
           row{"admin: {listen: [':9464']}", "must be ADDRESS:PORT"},
           row{"admin: {listen: ['example.com:9464']}", "must be ADDRESS:PORT"},
           row{"admin: {listen: ['::1:9464']}", "must be ADDRESS:PORT"},
           row{"admin: {listen: ['1.2.3.4:65536']}", "must be ADDRESS:PORT"},
           row{"admin: {expose: [metrics, metrics]}", "lists the same value twice"},
           row{"admin: {expose: [metric]}", "did you mean `metrics`?"},
           row{"admin: {hosts: [a_b]}", "not a host name"},
           row{"admin: {ready_grace: -1s}", "must be a duration"},
           row{"state: {type: memory, file: x}", "is not used by `type: memory`"},
           row{"state: {file: x/}", "names a directory"},
           row{"audit: {}", "`audit.file` is missing"},
           row{"metrics: {per_workspace: yes}", "one of auto, always, never"},
           row{"webhook: {listen: ['127.0.0.1:9464']}",
               "listens on 127.0.0.1:9464, which clashes with `admin`;"},
           row{"webhook: {listen: []}", "`webhook.listen` is empty"},
           row{"webhook: {}", "5:10: `webhook.tls` is missing: without TLS only loopback"},
           row{"webhook: {listen: ['0.0.0.0:1']}", "`webhook.tls` is missing"},
           row{"webhook: {listen: ['127.0.0.1:1', '10.0.0.1:1']}", "`webhook.tls` is missing"},
           row{"webhook: {listen: ['example.com:1']}", "must be ADDRESS:PORT"},
           row{"webhook: {insecure_http: 1}", "must be true or false"},
           row{"webhook: {insecure_http: true, path: hook}", "must be a URL's path"},
           row{"webhook: {insecure_http: true, path: '/a#b'}", "must be a URL's path"},
           row{"webhook: {insecure_http: true, health_path: '/a?b'}", "must be a URL's path"},
           row{"webhook: {insecure_http: true, path: /healthz}", "is the same as `health_path`"},
           row{"webhook: {insecure_http: true, path: /a, health_path: /a}",
               "is the same as `path`"},
           row{"webhook: {insecure_http: true, path: '/ä'}", "must be a URL's path"},
           row{"webhook: {tls: {cert_file: c.yaml}}", "`webhook.tls.key_file` is missing"},
           row{"webhook: {tls: {key_file: secret}}", "`webhook.tls.cert_file` is missing"},
           row{"webhook: {tls: {cert_file: nowhere, key_file: secret}}", "which does not exist"},
           row{"webhook: {tls: {cert_file: secret, key_file: nowhere}}", "which does not exist"},
           row{"webhook: {tls: {cert_file: secret, key_file: secret}, insecure_http: true}",
               "`webhook.insecure_http` contradicts `webhook.tls`"},
           row{"webhook: {lissten: ['127.0.0.1:1']}", "did you mean `listen`?"},
           row{"workspace_files: ['*/x.yaml']", "wildcards in the file's name only"},
           row{"workspace_files: x", "must be a list"},
           row{"workspace_defaults: {labels: {a/b: c}}", "is not a valid label name"},
           row{"workspace_defaults: {labels: {a: 5}}",
               "`workspace_defaults.labels.a` must be text"},
           row{"workspace_defaults: {required: 'true'}", "must be true or false, without quotes"},
           row{"workspace_defaults: {sinks: [filse]}",
               "names the sink `filse`, which does not exist; did you mean `files`?"},
           row{"poll: &a {interval: 5s}", "5:7: anchors (`&name`) are not supported"},
           row{"poll: !!map {interval: 5s}", "tags (`!name`) are not supported"},
           row{"? [a]\n: b", "used as a key; a key must be text"},
           row{"---\na: b", "a second YAML document begins here"},
           row{"poll: {interval: &b 5s}\nlog: {level: *b}", "aliases (`*name`) are not supported"},
       }) {
    const std::string errors = folder.errors(std::string{least} + one.extra + "\n");
    EXPECT_THAT(errors, HasSubstr(one.expected)) << one.extra;
  }
}

TEST(loader_errors, refuses_each_wrong_value_of_partner) {
  struct row {
    const char* extra;
    const char* expected;
  };
  const config_folder folder;
  folder.write("writable", "x", 0620);
  folder.write("writable_by_all", "x", 0602);
  folder.write("empty", "");
  folder.write("newline", "\n");
  for (const row& one : {
           row{"previous_secret_file: writable", "is writable by its group or by others"},
           row{"previous_secret_file: writable_by_all", "is writable by its group or by others"},
           row{"previous_secret_file: empty", "is empty"},
           row{"previous_secret_file: newline", "is empty"},
           row{"previous_secret_file: /", "names a directory"},
           row{"previous_secret_file: /dev/null", "is not a regular file"},
           row{"previous_secret_file: none", "none, which does not exist"},
           row{"api_url: http://a.test", "`partner.api_url` must begin with https://"},
           row{"api_url: https://a.test/", "must not end with a slash"},
           row{"api_url: https://u:p@a.test", "must not contain a user"},
           row{"api_url: https://a.test/?x", "must not have a query"},
           row{"api_url: 'https://'", "not have a valid host"},
           row{"api_url: https://10.0.0.256", "not have a valid host"},
           row{"api_url: https://a.test:0", "not have a valid port"},
           row{"api_url: https://a.test:84430", "not have a valid port"},
           row{"public_api_url: https://a b/c", "not have a valid host"},
           row{"rate_limit: 20", "must be a rate such as 20/s"},
           row{"rate_limit: 0/s", "must be a rate such as 20/s"},
           row{"rate_limit: 5/d", "must be a rate such as 20/s"},
           row{"max_connections: 0", "a whole number from 1 to 1024"},
           row{"max_connections: '4'", "a whole number from 1 to 1024, without quotes"},
           row{"verify: always", "one of never, after"},
           row{"verify: nevr", "did you mean `never`?"},
           row{"proxy: https://p.test:1", "must begin with http://"},
           row{"proxy: http://p.test", "must be http://host:port"},
           row{"proxy: http://p.test:84430", "not have a valid port"},
           row{"proxy: http://u:p@p.test:1", "proxy_auth_file"},
           row{"tls: {min_version: 1.2}", "put it in quotes"},
           row{"tls: {min_version: '1.1'}", "one of 1.2, 1.3"},
           row{"tls: {ca_file: none.pem}", "does not exist"},
           row{"tls: {server_name: 'a b'}", "not a valid host name"},
       }) {
    const std::string errors = folder.errors(
        "version: 1\nworkspaces: [{id: w}]\nsinks: {f: {type: file, path: /o}}\n"
        "partner:\n  id: acme\n  secret_file: secret\n  " +
        std::string{one.extra} + "\n");
    EXPECT_THAT(errors, AllOf(StartsWith("c.yaml:7:"), HasSubstr(one.expected))) << one.extra;
  }
}

TEST(loader_errors, refuses_each_wrong_value_of_a_sink) {
  struct row {
    const char* extra;
    const char* expected;
  };
  const config_folder folder;
  for (const row& one : {
           row{"mode: 0640", "must be in quotes (\"0640\")"},
           row{"mode: '0999'", "must be octal permissions"},
           row{"mode: '4640'", "must be octal permissions"},
           row{"mode: '0750'", "only read and write permissions"},
           row{"mode: '0200'", "let the owner read"},
           row{"mode: '0602'", "would let every user write"},
           row{"format: yaml", "must be one of raw, json, env, template"},
           row{"format: template", "`sinks.f.template` is missing; `format: template` needs it"},
           row{"template: x", "needs `format: template`"},
           row{"format: template, template: '{tokn}'",
               "an error at byte 1, an unknown placeholder"},
           row{"format: template, template: 'x'",
               "does not contain {token}, so the token would not be written; add {token}"},
           row{"group_by: all", "needs `format: template`"},
           row{"format: template, template: \"{workspace} {token}\\n\", header: \"x\\n\"",
               "`sinks.f.header` needs `group_by`"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: team",
               "must be `all` or `label.NAME`"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: label.",
               "must be `all` or `label.NAME`"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: label.t",
               "must have the placeholder {label.t} and no other"},
           row{"format: template, template: \"{token}\\n\", group_by: all",
               "does not contain {workspace}"},
           row{"format: template, template: \"{workspace}{token}\\n\", group_by: all",
               "another placeholder directly beside {workspace}"},
           row{"format: template, template: \"{workspace} {token}\", group_by: all",
               "must end with a line end, or `separator` must"},
           row{"format: template, template: \"{workspace} {token}\", group_by: all, separator: ','",
               "`sinks.f.separator` must end with a line end"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: all, header: x",
               "`sinks.f.header` must end with a line end"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: all, "
               "footer: \"{label.t}\\n\"",
               "has the placeholder {label.t}, but is the same for all workspaces"},
           row{"format: template, template: \"{workspace} {token}\\n\", group_by: all, owner: app",
               "must not be set with `group_by`"},
           row{"owner: 'a:b'", "is not a name or number"},
           row{"group: 5", "must be text"},
           row{"on_remove: keep_it", "must be one of keep, delete"},
           row{"on_change: {command: []}", "`sinks.f.on_change.command` is empty"},
           row{"x: {type: vault}", "unknown key `sinks.f.x`"},
       }) {
    const std::string errors = folder.errors(
        "version: 1\nworkspaces: [{id: w}]\npartner: {id: acme, secret_file: secret}\n"
        "sinks: {f: {type: file, path: /o, " +
        std::string{one.extra} + "}}\n");
    EXPECT_THAT(errors, AllOf(StartsWith("c.yaml:4:"), HasSubstr(one.expected))) << one.extra;
  }
}

TEST(loader_errors, refuses_bytes_that_are_no_text) {
  using namespace std::string_literals;
  const config_folder folder;
  EXPECT_EQ(folder.errors("a: b\nc: \xff\n"),
            "c.yaml:2:4: this byte is not valid UTF-8; save the file as UTF-8\n");
  EXPECT_EQ(folder.errors("a: \0b\n"s),
            "c.yaml:1:4: a NUL byte, so this is not a text file; name a YAML file\n");
  EXPECT_THAT(folder.errors("\xff\xfe\x61\x00"s), HasSubstr("UTF-16"));
  EXPECT_THAT(folder.errors("a: \xed\xa0\x80"), HasSubstr("is not valid UTF-8"));
  EXPECT_THAT(folder.errors("a: \x1b"), HasSubstr("control character"));
  EXPECT_EQ(folder.errors("\xef\xbb\xbf" + std::string{least}), "") << "a BOM is harmless";
}

TEST(loader_errors, refuses_an_empty_document_and_a_missing_file) {
  const config_folder folder;
  for (const auto* text : {"", "# nothing\n", "---\n", "~", "---\n...\n"}) {
    EXPECT_THAT(folder.errors(text), HasSubstr("is empty")) << text;
  }
  const loaded outcome = load(folder.path() / "none.yaml", [](auto) { return std::nullopt; });
  ASSERT_EQ(outcome.errors.size(), 1U);
  EXPECT_THAT(outcome.errors[0].text(), testing::EndsWith("none.yaml: does not exist"));
  EXPECT_THAT(load(folder.path(), [](auto) { return std::nullopt; }).errors.at(0).text(),
              HasSubstr("is not a regular file"));
}

TEST(loader_errors, survives_what_is_too_deep_too_long_and_too_much) {
  const config_folder folder;
  for (const std::string open : {"[", "{a: ", "- ", "? ", "!t ", "{", "a: [", "[{"}) {
    std::string deep;
    for (int level = 0; level < 20'000; ++level) {
      deep += open;
    }
    EXPECT_NE(folder.errors(deep), "") << open;
  }
  EXPECT_THAT(folder.errors("a: " + std::string(100'000, 'x')), HasSubstr("longer than 64 KiB"));
  std::string many = "workspace_files:\n";
  for (int number = 0; number < 60'000; ++number) {
    many += "- x\n";
  }
  EXPECT_THAT(folder.errors(many), HasSubstr("more than 50,000 values"));
  std::string unknown;
  for (int number = 0; number < 2'000; ++number) {
    unknown += "k" + std::to_string(number) + ": v\n";
  }
  EXPECT_THAT(folder.errors(unknown),
              HasSubstr("there are more errors; fix these first to see the rest"));
}

}  // namespace
}  // namespace tokensyncd::config
