// One file with the tokens of all workspaces, as operators and readers see it.
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;

class group_file_test : public programs_world {
 protected:
  group_file_test() {
    options_.sinks_more =
        "map: {type: file, path: tokens/all.map, format: template, group_by: all,\n"
        "  header: \"tokens {\\n\", template: \"  {workspace|json} {token|json};\\n\",\n"
        "  footer: \"}\\n\", on_remove: delete}\n";
    options_.more = "workspace_defaults: {sinks: [map]}\n";
    daemon_.configure(options_);
  }
  [[nodiscard]] std::filesystem::path map() const { return daemon_.directory() / "tokens/all.map"; }
  [[nodiscard]] std::string text() const { return read_if_there(map()); }
  [[nodiscard]] std::string line_of(const std::string& workspace) {
    return "  \"" + workspace + "\" \"" + api_.token(workspace) + "\";\n";
  }
  [[nodiscard]] std::string both() {
    return "tokens {\n" + line_of("acme") + line_of("beta") + "}\n";
  }
  [[nodiscard]] bool has_both() {
    return eventually([this] { return text() == both(); });
  }
  void sync(const std::string& workspace) { (void)daemon_.ask("/-/sync/" + workspace, "POST"); }
};

TEST_F(group_file_test, has_all_tokens_and_follows_each_rotation_without_asking_for_the_others) {
  daemon_.start();
  ASSERT_TRUE(has_both());
  EXPECT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  const auto asked = api_.count("beta", "gets");
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(has_both());
  EXPECT_EQ(api_.count("beta", "gets"), asked);
}

TEST_F(group_file_test, readers_find_all_tokens_at_every_moment) {
  daemon_.start();
  ASSERT_TRUE(has_both());
  std::atomic<bool> is_over{false};
  std::string wrong;
  std::size_t reads = 0;
  std::jthread reader([&] {
    while (!is_over) {
      const std::string found = text();
      ++reads;
      const bool is_whole = found.starts_with("tokens {\n  \"acme\" \"") &&
                            found.ends_with("\";\n}\n") &&
                            found.find("\n  \"beta\" \"") != std::string::npos;
      if (!is_whole && wrong.empty()) wrong = "read " + std::to_string(reads) + ": " + found;
    }
  });
  for (int i = 0; i != 20; ++i) {
    const std::string workspace = i % 2 == 0 ? "acme" : "beta";
    ASSERT_EQ(daemon_.command({"rotate", workspace, "--yes"}).exit_code, 0);
    ASSERT_EQ(text(), both());
  }
  is_over = true;
  reader.join();
  EXPECT_EQ(wrong, "");
  EXPECT_GT(reads, 20U);
}

TEST_F(group_file_test, is_the_same_file_after_a_restart_that_has_forgotten_all) {
  options_.state = "{type: memory}";
  daemon_.configure(options_);
  daemon_.start();
  ASSERT_TRUE(has_both());
  const auto written = std::filesystem::last_write_time(map());
  daemon_.kill();
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  EXPECT_EQ(text(), both());
  EXPECT_EQ(std::filesystem::last_write_time(map()), written);
}

TEST_F(group_file_test, does_not_wait_for_the_first_file_until_a_failing_workspace_answers) {
  api_.when("beta").answer(500);
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return text() == "tokens {\n" + line_of("acme") + "}\n"; }));
  api_.clear_faults();
  sync("beta");
  EXPECT_TRUE(has_both());
}

TEST_F(group_file_test, takes_no_entry_from_anybody_while_a_token_is_missing_and_says_so) {
  const std::string old = "acme: old\nbeta: old\n";
  write_file(map(), old);
  api_.when("beta").answer(500);
  daemon_.start();
  EXPECT_TRUE(eventually([&] {
    return daemon_.command({"status"}).output.find("all.map waits for the token of beta") !=
           std::string::npos;
  }));
  EXPECT_EQ(text(), old);
  api_.clear_faults();
  sync("beta");
  EXPECT_TRUE(has_both());
  EXPECT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  EXPECT_EQ(daemon_.metric("tokensyncd_sink_writes_total{result=\"error\",sink=\"map\"}"), 0);
}

TEST_F(group_file_test, once_writes_it_and_leaves_out_whom_the_api_does_not_know) {
  api_.remove("beta");
  const auto ended = daemon_.command({"once"});
  EXPECT_EQ(text(), "tokens {\n" + line_of("acme") + "}\n") << ended.output;
}

TEST_F(group_file_test, loses_the_entry_of_a_workspace_that_leaves) {
  daemon_.start();
  ASSERT_TRUE(has_both());
  options_.workspaces = {"acme"};
  daemon_.configure(options_);
  EXPECT_EQ(daemon_.command({"reload"}).output, "reloaded; workspaces: 1 removed (beta)\n");
  EXPECT_TRUE(daemon_.says("The new configuration is in use; workspaces: 1 removed (beta)."));
  EXPECT_TRUE(eventually([&] { return text() == "tokens {\n" + line_of("acme") + "}\n"; }));
}

TEST_F(group_file_test, is_repaired_when_somebody_edits_it) {
  options_.interval = "1s";
  daemon_.configure(options_);
  daemon_.start();
  ASSERT_TRUE(has_both());
  write_file(map(), "tokens {\n" + line_of("acme") + "  \"beta\" \"guessed\";\n}\n");
  EXPECT_TRUE(has_both());
  std::filesystem::remove(map());
  EXPECT_TRUE(has_both());
  EXPECT_TRUE(daemon_.says("sink.drifted"));
}

TEST_F(group_file_test, is_in_check_as_one_destination) {
  options_.sinks_more += "twin: {type: file, path: tokens/../tokens/all.map}\n";
  options_.more = "workspace_defaults: {sinks: [map, twin]}\n";
  daemon_.configure(options_);
  const auto refused = daemon_.command({"check"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_THAT(refused.errors, HasSubstr("would write the same destination"));
}

}  // namespace
}  // namespace tokensyncd::tests
