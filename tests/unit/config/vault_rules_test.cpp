#include <string>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "tests/unit/config/vault_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::HasSubstr;

/// A configuration with these workspaces (from line 4 on), each in all of these sinks.
std::string with(const std::string& workspaces, const std::string& sinks,
                 const std::string& names = "v") {
  return "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces:\n" + workspaces +
         "workspace_defaults: {sinks: [" + names + "]}\nsinks:\n" + sinks;
}

/// A Vault sink in a line of its own.
std::string vault(const std::string& name, const std::string& path, const std::string& keys = "",
                  const std::string& address = "https://v") {
  return "  " + name + ": {type: vault, addresses: ['" + address + "', 'https://other'], path: '" +
         path + "', auth: {method: token, token_file: token}" + keys + "}\n";
}

TEST(vault_rules, refuse_names_and_labels_that_would_leave_their_path) {
  const vault_folder folder;
  const auto errors = [&](const std::string& id, const std::string& team) {
    return folder.errors(with("- {id: \"" + id + "\", labels: {team: \"" + team + "\"}}\n",
                              vault("v", "x/{label.team}/.{workspace}")));
  };
  const std::string start = "c.yaml:4:3: the workspace `";
  const std::string directory =
      "would leave its directory, because a name in it is empty, `.` or `..`\n";
  EXPECT_EQ(errors("w", "t"), "");
  EXPECT_EQ(errors("..", "..."), "");
  EXPECT_EQ(errors("a/b", "t"), start +
                                    "a/b` has a problem with the path of sink `v`: its id holds a "
                                    "slash, so the path would leave its directory\n");
  EXPECT_EQ(errors("w", "../x"), start +
                                     "w` has a problem with the path of sink `v`: its label `team` "
                                     "holds a slash, so the path would leave its directory\n");
  EXPECT_EQ(errors(".", "t"), start + ".` has a problem: the path of sink `v` " + directory);
  EXPECT_EQ(errors("w", "."), start + "w` has a problem: the path of sink `v` " + directory);
  EXPECT_EQ(errors("w", ".."), start + "w` has a problem: the path of sink `v` " + directory);
  EXPECT_THAT(errors("a\\n", "t"), HasSubstr("control character"));
  EXPECT_THAT(errors("a", "\\x07"), HasSubstr("control character"));
}

TEST(vault_rules, measure_the_path_of_each_workspace) {
  const vault_folder folder;
  const auto errors = [&](std::size_t bytes) {
    return folder.errors(with("- {id: w, labels: {l: " + std::string(bytes, 'l') + "}}\n",
                              vault("v", "{label.l}/{workspace}", ", mount: much/longer")));
  };
  EXPECT_EQ(errors(1'022), "");
  EXPECT_EQ(
      errors(1'023),
      "c.yaml:4:3: the workspace `w` has a problem: the path of sink `v` is longer than 1,024 "
      "bytes\n");
}

TEST(vault_rules, allow_a_slash_in_an_id_that_no_path_uses) {
  const vault_folder folder;
  EXPECT_EQ(folder.errors(with("- id: a/b\n", vault("v", "t"))), "");
}

TEST(vault_rules, refuse_two_that_would_write_the_same_place) {
  const vault_folder folder;
  EXPECT_EQ(folder.errors(with("- id: a\n- id: b\n", vault("v", "t"))),
            "c.yaml:5:3: the workspace `b` would write the same destination through the path of "
            "sink `v` as the workspace `a` through the sink `v`; put {workspace} into the path\n");
  const auto errors = [&](const std::string& first, const std::string& second) {
    return folder.errors(with("- id: a\n", first + second, "v, w"));
  };
  const std::string same =
      "c.yaml:4:3: the workspace `a` would write the same destination through the path of sink `w` "
      "as the workspace `a` through the sink `v`; put {workspace} into the path\n";
  const std::string v = vault("v", "x/{workspace}");
  EXPECT_EQ(errors(v, vault("w", "x/a")), same);
  EXPECT_EQ(errors(v, vault("w", "x/{workspace}", ", mount: secret/", "https://V:443")), same);
  EXPECT_EQ(errors(v, vault("w", "a", ", mount: secret/x")), same);
  EXPECT_EQ(errors(vault("v", "x", ", namespace: n"), vault("w", "x", ", namespace: n/")), same);
  EXPECT_EQ(errors(v, vault("w", "x/{workspace}", ", mount: other")), "");
  EXPECT_EQ(errors(v, vault("w", "x/{workspace}", ", namespace: n")), "");
  EXPECT_EQ(errors(v, vault("w", "x/{workspace}", "", "https://v2")), "");
  EXPECT_EQ(errors(v, vault("w", "{workspace}")), "");
  EXPECT_EQ(errors(v, "  w: {type: file, path: 'x/{workspace}'}\n"), "");
}

TEST(vault_rules, compare_no_places_that_are_not_known) {
  const vault_folder folder;
  const auto errors = [&](const std::string& keys, const std::string& address) {
    return folder.errors(
        with("- id: a\n", vault("v", "x") + vault("w", "x", keys, address), "v, w"));
  };
  EXPECT_EQ(errors(", mount: /m", "https://v"),
            "c.yaml:8:123: `sinks.w.mount` must not begin with a slash\n");
  EXPECT_EQ(errors(", namespace: /n", "https://v"),
            "c.yaml:8:127: `sinks.w.namespace` must not begin with a slash\n");
  EXPECT_EQ(errors("", "v"), "c.yaml:8:32: `sinks.w.addresses` must begin with https://\n");
}

TEST(vault_rules, want_the_labels_that_a_path_or_data_need) {
  const vault_folder folder;
  const auto lacks = [](const std::string& label) {
    return "c.yaml:4:3: the workspace `a` lacks the label `" + label +
           "`, which the sink `v` needs\n";
  };
  EXPECT_EQ(folder.errors(with("- id: a\n", vault("v", "{label.p}/{workspace}"))), lacks("p"));
  EXPECT_EQ(folder.errors(with("- id: a\n", vault("v", "t",
                                                  ", data: {t: '{token}', d: "
                                                  "'{label.d|json}'}"))),
            lacks("d"));
}

TEST(vault_rules, keep_files_from_overwriting_what_a_vault_sink_reads) {
  const vault_folder folder;
  const auto errors = [&](const std::string& file, const std::string& auth,
                          const std::string& tls = "{}") {
    return folder.errors(
        with("- id: a\n",
             "  f: {type: file, path: '" + file +
                 "'}\n  v: {type: vault, addresses: ['https://v'], path: t, auth: " + auth +
                 ", tls: " + tls + "}\n",
             "f"));
  };
  const auto overwrites = [](const std::string& key) {
    return "c.yaml:4:3: the workspace `a` would overwrite `sinks.v." + key +
           "` through the path of sink `f`\n";
  };
  const std::string token = "{method: token, token_file: token}";
  const std::string approle = "{method: approle, role_id_file: role-id, secret_id_file: secret-id}";
  EXPECT_EQ(errors("other", token), "");
  EXPECT_EQ(errors("x/../token", token), overwrites("auth.token_file"));
  EXPECT_EQ(errors("role-id", approle), overwrites("auth.role_id_file"));
  EXPECT_EQ(errors("secret-id", approle), overwrites("auth.secret_id_file"));
  EXPECT_EQ(errors("jwt", "{method: jwt, jwt_file: jwt}"), overwrites("auth.jwt_file"));
  EXPECT_EQ(errors("ca.pem", token, "{ca_file: ca.pem}"), overwrites("tls.ca_file"));
  const std::string both = "{cert_file: cert.pem, key_file: key.pem}";
  EXPECT_EQ(errors("cert.pem", token, both), overwrites("tls.cert_file"));
  EXPECT_EQ(errors("key.pem", token, both), overwrites("tls.key_file"));
}

}  // namespace
}  // namespace tokensyncd::config
