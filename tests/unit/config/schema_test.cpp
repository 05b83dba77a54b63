#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "config/keys.hpp"
#include "config/loader.hpp"
#include "tests/unit/config/config_folder.hpp"
#include "tests/unit/config/schema_judge.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::string_view partner = "partner: {id: acme, secret_file: secret}\n";
constexpr std::string_view workspaces = "workspaces: [{id: w1}]\n";
constexpr std::string_view sinks = "sinks: {files: {type: file, path: 'out/{workspace}'}}\n";

std::vector<verdict> table() {
  const std::string base = "version: 1\n" + std::string{partner};
  const std::string head = base + std::string{workspaces};
  const std::string all = head + std::string{sinks};
  const auto in_sink = [&](const std::string& keys) {
    return head + "sinks: {files: {type: file, path: 'out/{workspace}', " + keys + "}}\n";
  };
  const auto in_group = [&](const std::string& keys) {
    return head +
           "sinks: {files: {type: file, path: out, format: template, template: \"{workspace} "
           "{token}\\n\", " +
           keys + "}}\n";
  };
  const auto in_partner = [&](const std::string& keys) {
    return "version: 1\n" + std::string{workspaces} + std::string{sinks} +
           "partner: {id: acme, secret_file: secret, " + keys + "}\n";
  };
  const auto with_entry = [&](const std::string& entry) {
    return base + std::string{sinks} + "workspaces: [" + entry + "]\n";
  };
  return {
      {true, all},
      {true, base + std::string{sinks} + "workspace_files: [none/*.yaml]\n"},
      {false, base + std::string{sinks}},
      {false, head},
      {false, std::string{partner} + std::string{workspaces} + std::string{sinks}},
      {false, all + "versoin: 1\n"},
      {false,
       "version: '1'\n" + std::string{partner} + std::string{workspaces} + std::string{sinks}},
      {false, "version: 2\n" + std::string{partner} + std::string{workspaces} + std::string{sinks}},
      {false, "[]\n"},
      {true, in_partner("rate_limit: off")},
      {true, in_partner("rate_limit: 600/m")},
      {true, in_partner("rate_limit: '${RATE:-0.5/s}'")},
      {false, in_partner("rate_limit: 20")},
      {false, in_partner("rate_limit: 20/d")},
      {true, in_partner("max_connections: 1024")},
      {false, in_partner("max_connections: 1025")},
      {false, in_partner("max_connections: '4'")},
      {true, in_partner("timeout: 500ms, verify: never")},
      {false, in_partner("timeout: 5")},
      {false, in_partner("timeout: 5 s")},
      {true, in_partner("verify: after")},
      {false, in_partner("verify: before")},
      {true, in_partner("api_url: https://a.test:1/x, proxy: 'http://p:3128'")},
      {false, in_partner("api_url: https://a.test/")},
      {false, in_partner("api_url: http://a.test")},
      {false, in_partner("public_api_url: https://u@a.test")},
      {false, in_partner("proxy: http://p")},
      {true, in_partner("tls: {min_version: '1.3', server_name: a.test}")},
      {false, in_partner("tls: {min_version: 1.3}")},
      {false, in_partner("tls: {minversion: '1.3'}")},
      {true, all + "poll: {interval: 1h, jitter: 12.5%}\n"},
      {true, all + "poll: {jitter: 50%}\n"},
      {false, all + "poll: {jitter: 51%}\n"},
      {false, all + "poll: {jitter: 0.1}\n"},
      {false, all + "poll: {interval: }\n"},
      {true, all + "workspace_defaults: {sinks: [files], labels: {a.b-c: x}, required: false}\n"},
      {false, all + "workspace_defaults: {labels: {a b: x}}\n"},
      {false, all + "workspace_defaults: {labels: {a: 1}}\n"},
      {false, all + "workspace_defaults: {id: x}\n"},
      {false, all + "workspace_defaults: {required: yes}\n"},
      {true, with_entry("{id: a, interval: 7d, sinks: [files], labels: {x: on}, required: true}")},
      {true, with_entry("")},
      {true, with_entry("{id: 12:30}")},
      {false, with_entry("{id: 12}")},
      {false, with_entry("{id: 1e3}")},
      {false, with_entry("{id: true}")},
      {false, with_entry("{id: ''}")},
      {false, with_entry("{id: ~}")},
      {false, with_entry("a")},
      {false, with_entry("{interval: 5s}")},
      {false, with_entry("{id: a, sinks: []}")},
      {false, with_entry("{id: a, sinks: [files, files]}")},
      {false, with_entry("{id: a, sinks: files}")},
      {true, in_sink("mode: '0640', group: app, owner: '0', required: false, on_remove: delete")},
      {true, in_sink("mode: '640', format: env")},
      {false, in_sink("mode: 0640")},
      {false, in_sink("mode: '0940'")},
      {false, in_sink("group: 12")},
      {false, in_sink("format: jsn")},
      {true, in_sink("format: template, template: '{token}'")},
      {false, in_sink("format: template")},
      {false, in_sink("template: '{token}'")},
      {true, in_group("group_by: all")},
      {true, in_group("group_by: all, header: \"{\\n\", separator: \"\\n\", footer: '}'")},
      {false, in_group("group_by: team")},
      {false, in_group("group_by: label.")},
      {false, in_group("group_by: all, owner: app")},
      {false, in_group("header: \"{\\n\"")},
      {false, in_group("separator: \"{\\n\"")},
      {false, in_group("footer: \"{\\n\"")},
      {false, in_sink("group_by: all")},
      {true, in_sink("on_change: {command: [systemctl, reload, app], timeout: 1m, debounce: 0s}")},
      {true, in_sink("on_change: {command: [/bin/x, a, a]}")},
      {false, in_sink("on_change: {command: []}")},
      {false, in_sink("on_change: {command: systemctl reload app}")},
      {false, in_sink("on_change: {timeout: 1m}")},
      {false, in_sink("on_change: {command: [x], shell: true}")},
      {false, in_sink("on_change: [x]")},
      {true, head + "sinks: {x: {type: exec, command: [/bin/x, '{workspace}'], input: json}}\n"},
      {true,
       head + "sinks: {x: {type: exec, command: [/x], inspect: [/y], inspect_interval: 5m}}\n"},
      {false, head + "sinks: {x: {type: exec}}\n"},
      {false, head + "sinks: {x: {type: exec, command: [x]}}\n"},
      {false, head + "sinks: {x: {type: exec, command: ['/bin/{workspace}']}}\n"},
      {false, head + "sinks: {x: {type: exec, command: [/x], input: env}}\n"},
      {false, head + "sinks: {x: {type: exec, command: [/x], on_remove: delete}}\n"},
      {false, head + "sinks: {x: {type: exec, command: [/x], inspect_interval: 5m}}\n"},
      {false, head + "sinks: {x: {type: exec, command: [/x], path: /y}}\n"},
      {false, in_sink("on_remove: maybe")},
      {false, head + "sinks: {}\n"},
      {false, head + "sinks: {v: {type: exec, path: /o}}\n"},
      {false, head + "sinks: {files: {path: /o}}\n"},
      {false, head + "sinks: {files: {type: file}}\n"},
      {false, head + "sinks: {'a b': {type: file, path: /o}}\n"},
      {true, all + "admin: {listen: ['127.0.0.1:0', '[::1]:1', 'localhost:2'], hosts: [a.b],\n"
                   "        expose: [metrics], socket: s, ready_grace: 0s}\n"},
      {true, all + "admin: {listen: []}\n"},
      {false, all + "admin: {listen: ':9464'}\n"},
      {false, all + "admin: {listen: [':9464']}\n"},
      {false, all + "admin: {expose: [metrics, all]}\n"},
      {true, all + "state: {type: memory}\n"},
      {true, all + "state: {file: x}\n"},
      {true, all + "state: {file: x, required: true}\n"},
      {false, all + "state: {file: x, required: often}\n"},
      {false, all + "state: {type: memory, file: x}\n"},
      {false, all + "state: {type: redis}\n"},
      {true, all + "audit: {file: a}\nlog: {level: warning, format: journal}\n"},
      {false, all + "audit: {}\n"},
      {false, all + "log: {level: warn}\n"},
      {true, all + "metrics: {per_workspace: never}\n"},
      {false, all + "metrics: {per_workspace: true}\n"},
      {true, all + "webhook: {listen: ['127.0.0.1:1', '[::1]:1', 'localhost:1'], path: /x}\n"},
      {true, all + "webhook: {tls: {cert_file: cert, key_file: key}}\n"},
      {true, all + "webhook: {insecure_http: true}\n"},
      {true, all + "webhook: {insecure_http: true, health_path: /alive}\n"},
      {false, all + "webhook: {insecure_http: true, health_path: alive}\n"},
      {false, all + "webhook: {}\n"},
      {false, all + "webhook:\n"},
      {false, all + "webhook: {listen: ['0.0.0.0:1']}\n"},
      {false, all + "webhook: {listen: ['127.0.0.1:1', '0.0.0.0:1']}\n"},
      {false, all + "webhook: {listen: [], insecure_http: true}\n"},
      {false, all + "webhook: {listen: '127.0.0.1:1'}\n"},
      {false, all + "webhook: {tls: {cert_file: cert}}\n"},
      {false, all + "webhook: {tls: {cert_file: cert, key_file: key}, insecure_http: true}\n"},
      {false, all + "webhook: {insecure_http: yes}\n"},
      {false, all + "webhook: {insecure_http: true, path: x}\n"},
      {false, all + "webhook: {insecure_http: true, path: '/a?b'}\n"},
      {false, all + "webhook: {insecure_http: true, path: '/a b'}\n"},
      {false, all + "webhook: {insecure_http: true, paths: /x}\n"},
  };
}

TEST(schema, judges_documents_as_the_loader_does) {
  const config_folder folder;
  folder.write("cert", "a certificate");
  folder.write("key", "a key");
  expect_same_verdicts(folder, table());
}

TEST(schema, knows_every_key_of_the_loader_and_no_other) {
  const auto schema = boost::json::parse(read_text(schema_file));
  const auto compare = [](const boost::json::value& definition, keys::list expected) {
    std::vector<std::string_view> found;
    for (const auto& property : definition.at("properties").as_object()) {
      found.push_back(property.key());
      EXPECT_TRUE(property.value().as_object().contains("description")) << property.key();
    }
    EXPECT_THAT(found, testing::UnorderedElementsAreArray(expected.begin(), expected.end()));
  };
  compare(schema, keys::root);
  const auto& definitions = schema.at("$defs");
  compare(definitions.at("partner"), keys::partner);
  compare(definitions.at("partner_tls"), keys::partner_tls);
  compare(definitions.at("poll"), keys::poll);
  compare(definitions.at("workspace_defaults"), keys::workspace_defaults);
  compare(definitions.at("workspace"), keys::workspace);
  compare(definitions.at("rotation"), keys::rotation);
  compare(definitions.at("workspace_rotation"), keys::workspace_rotation);
  compare(definitions.at("file_sink"), keys::file_sink);
  compare(definitions.at("exec_sink"), keys::exec_sink);
  compare(definitions.at("on_change"), keys::on_change);
  compare(definitions.at("vault_sink"), keys::vault_sink);
  compare(definitions.at("vault_auth"), keys::vault_auth);
  compare(definitions.at("vault_tls"), keys::vault_tls);
  compare(definitions.at("webhook"), keys::webhook);
  compare(definitions.at("webhook_tls"), keys::webhook_tls);
  compare(definitions.at("admin"), keys::admin);
  compare(definitions.at("state"), keys::state);
  compare(definitions.at("audit"), keys::audit);
  compare(definitions.at("log"), keys::log);
  compare(definitions.at("metrics"), keys::metrics);
}

TEST(example, loads_without_a_warning_and_fits_the_schema) {
  const config_folder folder;
  folder.write("partner-secret", "s3cret\n");
  const loaded outcome = folder.load(read_text(root_folder + "/config/tokensyncd.yaml"));
  EXPECT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  EXPECT_EQ(config_folder::listed(outcome.warnings), "");
  EXPECT_EQ(judged_by_schema({root_folder + "/config/tokensyncd.yaml"}).at(0), "good");
}

}  // namespace
}  // namespace tokensyncd::config
