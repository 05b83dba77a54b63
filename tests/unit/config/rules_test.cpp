#include <string>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A configuration with these workspaces and this path of its one sink.
std::string with(const std::string& workspaces, const std::string& path) {
  return "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces:\n" + workspaces +
         "sinks: {f: {type: file, path: '" + path + "'}}\n";
}

TEST(rules, refuses_an_id_twice_and_says_where_it_was_first) {
  const config_folder folder;
  folder.write("more.yaml", "- id: a\n- id: A\n");
  EXPECT_EQ(folder.errors(with("- id: a\n- id: b\n- id: b\n", "/o/{workspace}") +
                          "workspace_files: [more.yaml]\n"),
            "c.yaml:6:3: the workspace `b` is listed twice, first at c.yaml:5\n"
            "more.yaml:1:3: the workspace `a` is listed twice, first at c.yaml:4\n");
}

TEST(rules, refuses_names_and_labels_that_would_leave_their_directory) {
  const config_folder folder;
  const std::string path = "/o/{label.team}/{workspace}";
  const auto errors = [&](const std::string& id, const std::string& team) {
    return folder.errors(with("- {id: '" + id + "', labels: {team: '" + team + "'}}\n", path));
  };
  EXPECT_EQ(errors("w", "t"), "");
  EXPECT_EQ(errors("...", "t.."), "");
  EXPECT_THAT(errors("a/b", "t"), HasSubstr("its id holds a slash"));
  EXPECT_THAT(errors("w", "../x"), HasSubstr("its label `team` holds a slash"));
  EXPECT_THAT(errors("..", "t"), HasSubstr("would leave its directory"));
  EXPECT_THAT(errors("w", "."), HasSubstr("would leave its directory"));
  EXPECT_THAT(errors("w", std::string(256, 't')), HasSubstr("more than 255 bytes"));
  EXPECT_THAT(errors(std::string(256, 'w'), "t"), HasSubstr("longer than 255 bytes"));
  EXPECT_THAT(folder.errors(with("- {id: \"a\\x07\"}\n", path)), HasSubstr("control character"));
  EXPECT_THAT(folder.errors(with("- id: w\n", "/o/{workspace}/../x")), HasSubstr("must not go up"));
  EXPECT_THAT(folder.errors(with("- id: w\n", "/o/{workspace}/")), HasSubstr("a directory"));
}

TEST(rules, allows_a_slash_in_an_id_that_no_path_uses) {
  const config_folder folder;
  EXPECT_EQ(folder.errors(with("- id: a/b\n", "/o/token")), "");
}

TEST(rules, refuses_two_that_would_write_the_same_place) {
  const config_folder folder;
  EXPECT_THAT(folder.errors(with("- id: a\n- id: b\n", "/o/token")),
              AllOf(HasSubstr("c.yaml:5:3: the workspace `b` would write the same destination"),
                    HasSubstr("as the workspace `a`")));
  EXPECT_THAT(
      folder.errors("version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: a}]\n"
                    "workspace_defaults: {sinks: [f, g]}\nsinks:\n  f: {type: file, path: x/../o}\n"
                    "  g: {type: file, path: o}\n"),
      HasSubstr("the workspace `a` would write the same destination through the path of sink `g` "
                "as the workspace `a` through the sink `f`"));
}

TEST(rules, refuses_to_overwrite_files_of_its_own) {
  const config_folder folder;
  EXPECT_THAT(folder.errors(with("- id: secret\n", "{workspace}")),
              HasSubstr("would overwrite `partner.secret_file`"));
  EXPECT_THAT(folder.errors(with("- id: c\n", "{workspace}.yaml")),
              HasSubstr("would overwrite this configuration"));
  EXPECT_THAT(folder.errors(with("- id: more\n", "{workspace}.db") + "state: {file: more.db}\n"),
              HasSubstr("would overwrite `state.file`"));
  for (const std::string beside : {"-wal", "-shm", "-journal", ".lock"}) {
    EXPECT_THAT(
        folder.errors(with("- id: more\n", "{workspace}.db" + beside) + "state: {file: more.db}\n"),
        HasSubstr("would overwrite `state.file`"))
        << beside;
  }
  folder.write("w.d/one.yaml", "[]\n");
  for (const std::string pattern : {"w.d/one.yaml", "w.d/*.yaml"}) {
    EXPECT_THAT(folder.errors(with("- id: one\n", "w.d/{workspace}.yaml") + "workspace_files: [" +
                              pattern + "]\n"),
                HasSubstr("would overwrite `workspace_files`"))
        << pattern;
  }
  EXPECT_THAT(folder.errors(with("- id: two\n", "w.d/{workspace}.yaml") +
                            "workspace_files: [w.d/*.yaml]\n"),
              HasSubstr("would overwrite `workspace_files`"))
      << "one that isn't there yet";
  folder.write("hook-key", "a key");
  EXPECT_THAT(folder.errors(with("- id: hook-key\n", "{workspace}") +
                            "webhook: {tls: {cert_file: secret, key_file: hook-key}}\n"),
              HasSubstr("would overwrite `webhook.tls.key_file`"));
}

TEST(rules, wants_the_labels_that_a_path_or_a_template_needs) {
  const config_folder folder;
  EXPECT_THAT(folder.errors(with("- id: a\n- {id: b, labels: {t: x}}\n", "/{label.t}/{workspace}")),
              HasSubstr("c.yaml:4:3: the workspace `a` lacks the label `t`, which the sink `f`"));
  EXPECT_THAT(
      folder.errors("version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: a}]\n"
                    "sinks: {f: {type: file, path: /o, format: template, template: "
                    "'{token}{label.t}'}}\n"),
      HasSubstr("lacks the label `t`"));
}

TEST(rules, lets_the_workspaces_of_a_group_share_a_file_and_nobody_else) {
  const config_folder folder;
  const std::string group = "format: template, template: \"{workspace} {token}\\n\", group_by: ";
  const std::string both =
      "version: 1\npartner: {id: acme, secret_file: secret}\n"
      "workspaces: [{id: a, labels: {t: x}}, {id: b, labels: {t: x}}, {id: c, labels: {t: y}}]\n"
      "workspace_defaults: {sinks: [f, g]}\n";
  EXPECT_EQ(folder.errors(both + "sinks: {f: {type: file, path: /o/all, " + group +
                          "all}, g: {type: file, path: '/o/{label.t}', " + group + "label.t}}\n"),
            "");
  EXPECT_THAT(folder.errors(both + "sinks: {f: {type: file, path: /o/x, " + group +
                            "all}, g: {type: file, path: '/o/{label.t}', " + group + "label.t}}\n"),
              AllOf(HasSubstr("would write the same destination through the path of sink `g`"),
                    HasSubstr("the workspace `a` through the sink `f`")));
  EXPECT_THAT(folder.errors(both + "sinks: {f: {type: file, path: '/o/{label.u}', " + group +
                            "label.u}, g: {type: file, path: '/p/{workspace}'}}\n"),
              HasSubstr("lacks the label `u`"));
}

TEST(rules, wants_ids_that_cannot_be_taken_for_others_in_the_file_of_a_group) {
  const config_folder folder;
  const auto errors = [&](const std::string& id, const std::string& entry) {
    return folder.errors(
        "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: '" + id +
        "'}]\nsinks: {f: {type: file, path: /o/all, format: template, " +
        "group_by: all, template: \"" + entry + "\\n\"}}\n");
  };
  EXPECT_THAT(errors("acme prod", "{workspace} {token}"), HasSubstr("its id contains ` `"));
  EXPECT_THAT(errors("acme:a", "{workspace|env}:{token}"), HasSubstr("its id contains `:`"));
  EXPECT_THAT(errors("prod acme", "{token} {workspace}"), HasSubstr("its id contains ` `"));
  EXPECT_THAT(errors("acme-", "{workspace}--{token}"), HasSubstr("its id contains `--`"))
      << "together with what follows";
  EXPECT_EQ(errors("acme prod", "{workspace|json} {token}"), "");
  EXPECT_EQ(errors("acme-prod", "-{workspace}-y {token}"), "");
  EXPECT_EQ(errors("acme prod", "{workspace}\\n{token}"), "");
}

TEST(rules, wants_a_sink_named_where_there_is_more_than_one) {
  const config_folder folder;
  const std::string two =
      "version: 1\npartner: {id: acme, secret_file: secret}\n"
      "sinks: {f: {type: file, path: '/f/{workspace}'}, g: {type: file, path: '/g/{workspace}'}}\n";
  EXPECT_THAT(folder.errors(two + "workspaces: [{id: a}, {id: b}]\n"),
              AllOf(HasSubstr("c.yaml:4:14: this workspace names no sink"),
                    HasSubstr("(and 1 more workspaces with the same settings)")));
  EXPECT_THAT(folder.errors(two + "workspaces: [{id: a, sinks: []}]\n"), HasSubstr("is empty"));
  EXPECT_EQ(folder.errors(two + "workspaces: [{id: a, sinks: [g]}]\n"), "");
  EXPECT_EQ(folder.errors(two + "workspaces: [{id: a}]\nworkspace_defaults: {sinks: [f]}\n"), "");
}

TEST(rules, judges_each_workspace_file_under_its_own_name) {
  const config_folder folder;
  folder.write("w.d/a.yaml", "");
  folder.write("w.d/b.yaml", "id: x\n");
  folder.write("w.d/c.yaml", "- idd: x\n");
  folder.write("w.d/d.yaml", "- {id: x\n");
  EXPECT_THAT(folder.errors(std::string{least} + "workspace_files: ['w.d/*.yaml', 'w.d/a.*']\n"),
              AllOf(testing::StartsWith("a.yaml: is empty; write [] to list no workspace\n"
                                        "b.yaml:1:1: must be a list of workspaces"),
                    HasSubstr("c.yaml:1:3: unknown key `workspaces[].idd`; did you mean `id`?"),
                    HasSubstr("d.yaml:1:3: not valid YAML")));
}

TEST(rules, warns_of_a_pattern_that_matches_nothing) {
  const config_folder folder;
  const loaded outcome = folder.load(std::string{least} + "workspace_files: [none.d/*.yaml]\n");
  EXPECT_TRUE(outcome.value);
  EXPECT_THAT(config_folder::listed(outcome.warnings),
              HasSubstr("c.yaml:5:19: `workspace_files`: no file matches"));
}

}  // namespace
}  // namespace tokensyncd::config
