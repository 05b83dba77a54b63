// Files that programs wrote as JSON, which is YAML but for one escape; and where what is wrong with
// an absent value is shown.
#include <string>

#include <gmock/gmock.h>

#include "config/loader.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::HasSubstr;

/// A configuration whose one workspace is in a file of its own, as `json`.
class json_text : public testing::Test {
 protected:
  std::string errors_of(const std::string& json) {
    folder_.write("w/a.json", json);
    return folder_.errors(main_);
  }
  /// The label `name` of the one workspace.
  std::string label_of(const std::string& json) {
    folder_.write("w/a.json", json);
    const loaded outcome = folder_.load(main_);
    if (!outcome.value) return config_folder::listed(outcome.errors);
    return outcome.value->profiles.at(outcome.value->workspaces.at(0).profile)
        .workspace_labels.at(0)
        .second;
  }

  const std::string main_ =
      "version: 1\npartner: {id: acme, secret_file: secret}\n"
      "sinks: {files: {type: file, path: 'out/{workspace}'}}\nworkspace_files: ['w/*.json']\n";
  const config_folder folder_;
};

TEST_F(json_text, a_pair_of_escapes_is_one_character) {
  const auto named = [](const std::string& name) {
    return R"([{"id": "a", "labels": {"name": ")" + name + R"("}}])";
  };
  EXPECT_EQ(label_of(named(R"(Acme \ud83d\ude80)")), "Acme \U0001F680");
  EXPECT_EQ(label_of(named(R"(\uD83D\uDE00\ud83d\ude80)")), "\U0001F600\U0001F680");
  EXPECT_EQ(label_of(named(R"(\ud801\udc00)")), "\U00010400");
  EXPECT_EQ(label_of(named(R"(\udbff\udfff)")), "\U0010FFFF");
  EXPECT_EQ(label_of(named(R"(caf\u00e9 \/ \ud83d\ude80 \" \\ud83d)")),
            "caf\u00e9 / \U0001F680 \" \\ud83d");
}

TEST_F(json_text, the_whole_configuration_may_be_such_a_file) {
  const loaded outcome = folder_.load(
      R"({"version": 1, "partner": {"id": "acme", "secret_file": "secret", "timeout": "5s"},
  "workspaces": [{"id": "\ud83d\ude80"}], "poll": {"jitter": "10%"}, "admin": {"listen": []},
  "sinks": {"files": {"type": "file", "path": "out/{workspace}", "required": true}}})");
  ASSERT_TRUE(outcome.value) << config_folder::listed(outcome.errors);
  EXPECT_EQ(outcome.value->workspaces.at(0).id, "\U0001F680");
}

TEST_F(json_text, half_a_pair_is_one_error_and_says_what_to_write) {
  for (const char* half : {R"(\ud83d)", R"(\ude80)", R"(\ude80\ud83d)", R"(\ud83d x \ude80)",
                           R"(\ud83d\ud83d)", R"(\ud83d\n)"}) {
    const std::string said =
        errors_of(R"([{"id": "a", "labels": {"name": ")" + std::string{half} + "\"}}]");
    EXPECT_THAT(said, testing::StartsWith("a.json:1:")) << half;
    EXPECT_THAT(said, HasSubstr("half of a surrogate pair")) << half;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << half << said;
  }
}

TEST_F(json_text, what_is_no_json_is_read_as_yaml_alone) {
  EXPECT_EQ(label_of(R"([{id: a, labels: {name: '\ud83d\ude80'}}])"), R"(\ud83d\ude80)");
  EXPECT_EQ(label_of("- id: a\n  labels:\n    name: \\ud83d\\ude80\n"), R"(\ud83d\ude80)");
  EXPECT_EQ(label_of("[{id: a, labels: {name: x\"\\ud83d\\ude80\"}}]"), R"(x"\ud83d\ude80")");
  EXPECT_EQ(label_of("# \"\n[{\"id\": \"a\", \"labels\": {\"name\": '\"\\ud83d\\ude80\"'}}]"),
            R"("\ud83d\ude80")");
  EXPECT_THAT(errors_of("- {id: a, labels: {name: \"\\ud83d\\ude80\"}}\n"),
              HasSubstr("write the character itself, or `\\U`"));
}

TEST_F(json_text, columns_are_those_of_the_file) {
  EXPECT_EQ(errors_of(R"([{"id": "a", "labels": {"x": "\ud83d\ude80\ud83d\ude80"}, "idd": 1},
 {"labels": {"x": "\ud83d\ude80"}, "id": "b", "idd": 2}, {"id": "c", "idd": 3}])"),
            "a.json:1:59: unknown key `workspaces[].idd`; did you mean `id`?\n"
            "a.json:2:47: unknown key `workspaces[].idd`; did you mean `id`?\n"
            "a.json:2:70: unknown key `workspaces[].idd`; did you mean `id`?\n");
}

TEST_F(json_text, a_file_that_is_no_yaml_is_not_called_empty_too) {
  EXPECT_THAT(errors_of("[{\"id\": \"a\", "), testing::Not(HasSubstr("empty")));
  EXPECT_THAT(errors_of("[{\"id\": \"\\x\"}]"), testing::Not(HasSubstr("empty")));
  EXPECT_THAT(folder_.errors("{\"version\": \"\\x\"}"), testing::Not(HasSubstr("empty")));
}

TEST(absent_value, is_shown_where_its_key_is) {
  const config_folder folder;
  const std::string all{least};
  EXPECT_EQ(folder.errors(all + "poll:\n  interval:\n\n  # a comment\n  jitter: 10%\n"),
            "c.yaml:6:3: `poll.interval` has no value; give one, or remove the key\n");
  EXPECT_EQ(folder.errors(all + "poll:\n  interval:\n\n\n"),
            "c.yaml:6:3: `poll.interval` has no value; give one, or remove the key\n");
  EXPECT_THAT(folder.errors(all + "poll:\n\nlog: {level: info}\n"),
              testing::StartsWith("c.yaml:5:1: `poll` must be a mapping"));
  EXPECT_EQ(folder.errors(all + "poll: {interval: }\n"),
            "c.yaml:5:18: `poll.interval` has no value; give one, or remove the key\n");
  EXPECT_EQ(folder.errors(all + "poll:\n  interval: ~\n"),
            "c.yaml:6:13: `poll.interval` has no value; give one, or remove the key\n");
}

TEST(absent_value, is_shown_where_its_dash_is) {
  const config_folder folder;
  const auto listed = [&](const std::string& items) {
    return folder.errors(std::string{least} + "admin:\n  hosts:\n" + items);
  };
  const std::string none = ": `admin.hosts` has no value; give one, or remove the key\n";
  EXPECT_EQ(listed("    - a\n    -\n\n    # - x\n    - b\n"), "c.yaml:8:5" + none);
  EXPECT_EQ(listed("    - # x\n    - b\n    -\n\n"), "c.yaml:7:5" + none + "c.yaml:9:5" + none);
  EXPECT_EQ(listed("    - a\n    - ~\n  ready_grace: 1s\n"), "c.yaml:8:7" + none);
  EXPECT_EQ(folder.errors(std::string{least} + "admin:\n  hosts: [a,\n    null,\n    b]\n"),
            "c.yaml:7:5" + none);
}

}  // namespace
}  // namespace tokensyncd::config
