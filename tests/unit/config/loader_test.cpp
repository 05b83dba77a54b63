#include "config/loader.hpp"

#include <chrono>

#include <gmock/gmock.h>

#include "config/rules/addresses.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view whole = R"(
version: 1
partner:
  id: acme
  secret_file: secret
  previous_secret_file: old
  api_url: https://api.test:8443/v1
  public_api_url: https://api.test/public
  rate_limit: 600/m
  max_connections: 8
  timeout: 5s
  verify: never
  proxy: http://proxy.test:3128
  proxy_auth_file: auth
  tls: {ca_file: ca.pem, server_name: inner.test, min_version: "1.3"}
poll: {interval: 2m, jitter: 20%}
workspace_defaults: {sinks: [b], labels: {customer: acme, tier: gold}, required: false}
workspaces:
  - id: w2
  - {id: w1, interval: 30s, sinks: [b, a], labels: {customer: zed}, required: true}
workspace_files: [more.d/*.yaml]
sinks:
  b:
    type: file
    path: out/{label.customer}/{workspace}
    format: template
    template: "T={token|shell}\n"
    mode: "0644"
    owner: root
    group: app
    required: false
    on_remove: delete
  a: {type: file, path: '/abs/{workspace}.json', format: json, group: app}
admin: {listen: ["127.0.0.1:0", "[::1]:9464"], hosts: [a.test], expose: [metrics],
        socket: run/c.sock, ready_grace: 1m}
state: {type: sqlite, file: state.db}
audit: {file: audit.jsonl}
log: {level: debug, format: json}
metrics: {per_workspace: never}
)";

void add_files(const config_folder& folder) {
  folder.write("old", "x");
  folder.write("auth", "u:p");
  folder.write("ca.pem", "PEM");
  folder.write("more.d/2.yaml", "- {id: w4, interval: 30s}\n");
  folder.write("more.d/1.yaml", "- {id: w3}\n");
  folder.write("more.d/.hidden.yaml", "nonsense");
}

TEST(loader, reads_every_key) {
  const config_folder folder;
  add_files(folder);
  const loaded outcome = folder.load(whole);
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  const configuration& all = *outcome.value;
  EXPECT_EQ(all.partner.id, "acme");
  EXPECT_EQ(all.partner.secret_file, folder.path() / "secret");
  EXPECT_EQ(all.partner.previous_secret_file, folder.path() / "old");
  EXPECT_EQ(all.partner.api_url, "https://api.test:8443/v1");
  EXPECT_EQ(all.partner.public_api_url, "https://api.test/public");
  EXPECT_EQ(all.partner.rate_limit, 10);
  EXPECT_EQ(all.partner.max_connections, 8U);
  EXPECT_EQ(all.partner.timeout, 5s);
  EXPECT_EQ(all.partner.proxy, "http://proxy.test:3128");
  EXPECT_EQ(all.partner.proxy_auth_file, folder.path() / "auth");
  EXPECT_EQ(all.partner.tls.ca_file, folder.path() / "ca.pem");
  EXPECT_EQ(all.partner.tls.server_name, "inner.test");
  EXPECT_EQ(all.partner.tls.min_version, "1.3");
  EXPECT_EQ(all.poll.interval, 2min);
  EXPECT_EQ(all.poll.jitter, 0.2);
  EXPECT_THAT(all.workspace_files, ElementsAre((folder.path() / "more.d/*.yaml").string()));
  EXPECT_THAT(all.admin.listen, ElementsAre("127.0.0.1:0", "[::1]:9464"));
  EXPECT_THAT(all.admin.hosts, ElementsAre("a.test"));
  EXPECT_EQ(all.admin.expose, (exposure{true, false, false}));
  EXPECT_EQ(all.admin.socket, folder.path() / "run/c.sock");
  EXPECT_EQ(all.admin.ready_grace, 1min);
  EXPECT_EQ(all.state.file, folder.path() / "state.db");
  EXPECT_EQ(all.audit.file, folder.path() / "audit.jsonl");
  EXPECT_EQ(all.log.level, log_level::debug);
  EXPECT_EQ(all.log.format, log_format::json);
  EXPECT_EQ(all.metrics.series, per_workspace::never);
}

TEST(loader, reads_sinks_sorted_by_name_with_their_defaults) {
  const config_folder folder;
  add_files(folder);
  const loaded outcome = folder.load(whole);
  ASSERT_TRUE(outcome.value);
  const auto& sinks = outcome.value->sinks;
  ASSERT_EQ(sinks.size(), 2U);
  EXPECT_EQ(sinks[0].name, "a");
  EXPECT_TRUE(sinks[0].required);
  EXPECT_EQ(sinks[0].removal, on_remove::keep);
  const auto& a = std::get<file_sink_settings>(sinks[0].kind);
  EXPECT_EQ(a.path, "/abs/{workspace}.json");
  EXPECT_EQ(a.format, file_format::json);
  EXPECT_EQ(a.mode, 0640U) << "a group is set";
  EXPECT_FALSE(sinks[1].required);
  EXPECT_EQ(sinks[1].removal, on_remove::erase);
  const auto& b = std::get<file_sink_settings>(sinks[1].kind);
  EXPECT_EQ(b.path, (folder.path() / "out/{label.customer}/{workspace}").string());
  EXPECT_EQ(b.format, file_format::text_template);
  EXPECT_EQ(b.text_template, "T={token|shell}\n");
  EXPECT_EQ(b.mode, 0644U);
  EXPECT_EQ(b.owner, "root");
  EXPECT_EQ(b.group, "app");
  EXPECT_THAT(
      config_folder::listed(outcome.warnings),
      HasSubstr("c.yaml:28:11: `sinks.b.mode` lets every user of this machine read the token"));
}

TEST(loader, gives_workspaces_of_all_files_their_profile_each_combination_once) {
  const config_folder folder;
  add_files(folder);
  const loaded outcome = folder.load(whole);
  ASSERT_TRUE(outcome.value);
  const configuration& all = *outcome.value;
  std::vector<std::string> ids;
  for (const workspace& one : all.workspaces) {
    ids.push_back(one.id);
  }
  EXPECT_THAT(ids, ElementsAre("w1", "w2", "w3", "w4"));
  EXPECT_EQ(all.profiles.size(), 3U);
  EXPECT_EQ(all.workspaces[1].profile, all.workspaces[2].profile);
  const workspace_profile w1{30s, true, {0, 1}, {{"customer", "zed"}, {"tier", "gold"}}};
  const workspace_profile w2{2min, false, {1}, {{"customer", "acme"}, {"tier", "gold"}}};
  const workspace_profile w4{30s, false, {1}, {{"customer", "acme"}, {"tier", "gold"}}};
  EXPECT_EQ(all.profiles[all.workspaces[0].profile], w1);
  EXPECT_EQ(all.profiles[all.workspaces[1].profile], w2);
  EXPECT_EQ(all.profiles[all.workspaces[3].profile], w4);
}

TEST(loader, takes_the_documented_defaults) {
  const config_folder folder;
  const loaded outcome = folder.load(least);
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  EXPECT_TRUE(outcome.warnings.empty());
  const configuration& all = *outcome.value;
  EXPECT_EQ(all.partner.api_url, "https://app.timelines.ai/partner/api/v1");
  EXPECT_EQ(all.partner.rate_limit, 20);
  EXPECT_EQ(all.profiles.at(0).interval, 60s);
  EXPECT_EQ(std::get<file_sink_settings>(all.sinks.at(0).kind).mode, 0600U);
  EXPECT_EQ(all.admin, admin_settings{});
  EXPECT_EQ(all.state, state_settings{});
  EXPECT_TRUE(all.audit.file.empty());
}

TEST(loader, takes_a_dash_for_standard_output) {
  const config_folder folder;
  const auto outcome = folder.load(std::string{least} + "audit: {file: '-'}\n");
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->audit.file, "/dev/stdout");
  EXPECT_EQ(folder.load(std::string{least} + "audit: {file: [a]}\n").errors.size(), 1U);
}

TEST(loader, shows_less_off_loopback_unless_told) {
  const config_folder folder;
  const std::string text{least};
  const exposure quiet{true, true, false};
  const auto silent =
      folder.load(text + "admin: {listen: ['0.0.0.0:9464', '127.0.0.1:1']}").value->admin;
  for (const auto* address : {"0.0.0.0:9464", "[::]:9464", "10.0.0.1:1"}) {
    EXPECT_EQ(exposed_at(address, silent), quiet) << address;
  }
  for (const auto* address : {"127.0.0.1:1", "[::1]:9464", "localhost:0"}) {
    EXPECT_EQ(exposed_at(address, silent), exposure{}) << address;
  }
  const auto told =
      folder.load(text + "admin: {listen: ['10.0.0.1:1'], expose: [status]}").value->admin;
  EXPECT_EQ(exposed_at("10.0.0.1:1", told), (exposure{false, false, true}));
  EXPECT_EQ(exposed_at("127.0.0.1:1", told), (exposure{false, false, true}));
}

TEST(loader, completes_text_from_the_environment) {
  config_folder folder;
  folder.variables = {{"WHO", "acme"}, {"NONE", ""}};
  const auto id = [&](const std::string& value) {
    const loaded outcome = folder.load(
        "version: 1\nworkspaces: [{id: w}]\nsinks: {f: {type: file, path: /o}}\n"
        "partner: {secret_file: secret, id: '" +
        value + "'}\n");
    return outcome.value ? outcome.value->partner.id : config_folder::listed(outcome.errors);
  };
  EXPECT_EQ(id("${WHO}-1"), "acme-1");
  EXPECT_EQ(id("${NOBODY:-x}"), "x");
  EXPECT_EQ(id("${NONE:-x}"), "x");
  EXPECT_EQ(id("${WHO:-x}"), "acme");
  EXPECT_EQ(id("a$$b"), "a$b");
  EXPECT_EQ(id("$${WHO}"), "${WHO}");
  EXPECT_THAT(id("${NOBODY}"), HasSubstr("c.yaml:4:36: `partner.id` cannot be expanded: the "
                                         "environment variable NOBODY is not set"));
  EXPECT_THAT(id("a$b"), HasSubstr("write `$$`"));
  EXPECT_THAT(id("${WHO"), HasSubstr("write `$$`"));
  EXPECT_THAT(id("${1}"), HasSubstr("not followed by a variable name"));
  EXPECT_THAT(id("${NONE}"), HasSubstr("must not be empty"));
}

TEST(loader, never_shows_a_secret_that_is_written_where_its_file_should_be_named) {
  const config_folder folder;
  for (const std::string_view canary :
       {"s3cret-canary", "c2VjcmV0/Y2FuYXJ5/canary==", "hvs.CAESIcanary", "canary, with blanks"}) {
    for (const auto* key : {"secret_file", "previous_secret_file", "proxy_auth_file"}) {
      const std::string errors = folder.errors("version: 1\npartner: {" + std::string{key} + ": '" +
                                               std::string{canary} + "'}\n");
      EXPECT_THAT(errors, HasSubstr("names a file that does not exist")) << key;
      EXPECT_THAT(errors, Not(HasSubstr("nary"))) << key;
    }
  }
  // A quote that isn't closed.
  EXPECT_THAT(folder.errors("version: 1\npartner: {id: acme, secret_file: \"s3cret-canary}\n"),
              Not(HasSubstr("nary")));
  EXPECT_THAT(folder.errors("version: 1\npartner: {id: acme, secret_file: /etc/nowhere}\n"),
              HasSubstr("names /etc/nowhere, which does not exist"));
  EXPECT_THAT(folder.errors("version: 1\npartner: {id: acme, secret_file: partner-secret.txt}\n"),
              HasSubstr("/partner-secret.txt, which does not exist"));
}

TEST(loader, never_shows_what_came_from_the_environment) {
  config_folder folder;
  folder.variables = {{"SECRET", "tla_canary"}};
  for (const auto* key : {"api_url", "proxy", "rate_limit", "timeout", "verify", "id"}) {
    const std::string errors =
        folder.errors("version: 1\npartner: {" + std::string{key} + ": 'x ${SECRET}'}\n");
    EXPECT_THAT(errors, HasSubstr(key));
    EXPECT_THAT(errors, testing::Not(HasSubstr("tla_canary")));
  }
}

/// Secrets of many forms, none of which names a file.
constexpr std::string_view canaries[] = {
    "pw1",
    "tla_canary",
    "cana//ry/../canary",

    "./canary",
    "cana\"ry\\canary",
    "canary=cana$ry",
    "cän{ary}canary",
    "canary-that-is-longer-than-what-is-shown-of-a-name-canary-canary-canary-canary"};

TEST(loader, never_shows_a_secret_that_is_given_in_the_place_of_its_file) {
  config_folder folder;
  for (const std::string_view canary : canaries) {
    folder.variables = {{"SECRET", std::string{canary}}};
    for (const auto* section : {"secret_file: '${SECRET}'", "previous_secret_file: '${SECRET}'",
                                "secret_file: '/run/${SECRET}'", "proxy_auth_file: '${SECRET}x'",
                                "tls: {ca_file: '${SECRET}'}"}) {
      const std::string errors =
          folder.errors("version: 1\npartner: {" + std::string{section} + "}\n");
      EXPECT_THAT(errors, HasSubstr("${SECRET}")) << section;
      EXPECT_THAT(errors, Not(HasSubstr(canary))) << section;
      EXPECT_THAT(errors, Not(HasSubstr("nary"))) << section;
    }
    const std::string errors = folder.errors(
        "version: 1\nwebhook: {tls: {cert_file: '${SECRET}', key_file: '${SECRET}'}}\n");
    EXPECT_THAT(errors, Not(HasSubstr(canary)));
  }
}

TEST(loader, never_shows_what_came_from_the_environment_where_names_are_shown) {
  config_folder folder;
  for (const std::string_view canary : canaries) {
    if (canary.size() < 8) continue;
    folder.variables = {{"SECRET", std::string{canary}}};
    const std::string errors = folder.errors(
        "version: 1\npartner: {id: acme, secret_file: secret}\n"
        "workspaces: [{id: '${SECRET}'}, {id: '${SECRET}'}, {id: 'x-${SECRET}', sinks: "
        "['${SECRET}']}]\n"
        "workspace_files: ['${SECRET}']\nsinks: {f: {type: file, path: '/o/{workspace}/'}}\n"
        "admin: {listen: ['127.0.0.1:1${SECRET}']}\n");
    EXPECT_NE(errors, "");
    EXPECT_THAT(errors, Not(HasSubstr("nary"))) << canary;
  }
}

TEST(loader, loads_a_hundred_thousand_workspaces_and_keeps_one_profile) {
  const config_folder folder;
  std::string text{least};
  text += "workspace_files: [w.yaml]\n";
  std::string entries;
  for (int number = 0; number < 100'000; ++number) {
    entries += "- id: acme-" + std::to_string(number) + "\n";
  }
  folder.write("w.yaml", entries);
  const loaded outcome = folder.load(text);
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  EXPECT_EQ(outcome.value->workspaces.size(), 100'001U);
  EXPECT_EQ(outcome.value->profiles.size(), 1U);
}

}  // namespace
}  // namespace tokensyncd::config
