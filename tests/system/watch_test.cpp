#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/count_of.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr unsigned few = 10;
constexpr unsigned many = 300;

/// The content of a workspace file: acme-FIRST to acme-LAST.
std::string entries(unsigned first, unsigned last) {
  std::string out;
  for (unsigned i = first; i <= last; ++i) out += "- {id: acme-" + std::to_string(i) + "}\n";
  return out;
}

/// A daemon with `acme` in its configuration and acme-1, acme-2, … in files that it watches.
class watch_test : public testing::Test {
 protected:
  watch_test() {
    std::filesystem::create_directory(directory_);
    auto options = daemon_.options();
    options.more = "workspace_files: [workspaces.d/*.yaml]\n";
    options.sink_more = "on_remove: delete\n";
    daemon_.configure(options);
  }

  void start_with(unsigned last) {
    write_file(directory_ / "fleet.yaml", entries(1, last));
    daemon_.start();
    ASSERT_TRUE(are_delivered(1, last));
  }

  bool are_delivered(unsigned first, unsigned last) {
    for (unsigned i = first; i <= last; ++i) {
      const auto id = "acme-" + std::to_string(i);
      if (!eventually([&] { return daemon_.delivered(id) == api_.token(id); })) return false;
    }
    return true;
  }

  /// How many workspaces are configured.
  std::size_t size() { return daemon_.status().at("workspaces").as_array().size(); }

  bool last_reload_was_refused() {
    return daemon_.metric("tokensyncd_config_last_reload_successful") == 0;
  }

  sandbox api_{
      {.workspaces = {"acme"}, .prefix = "acme-", .count = many, .more = {"--with-tokens"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
  const std::filesystem::path directory_ = daemon_.directory() / "workspaces.d";
};

TEST_F(watch_test, takes_a_file_that_is_moved_in_written_in_place_or_replaced) {
  start_with(1);
  write_file(daemon_.directory() / "made-elsewhere", entries(2, 2));
  std::filesystem::rename(daemon_.directory() / "made-elsewhere", directory_ / "moved.yaml");
  EXPECT_TRUE(are_delivered(2, 2));
  std::ofstream(directory_ / "in-place.yaml") << entries(3, 3);
  EXPECT_TRUE(are_delivered(3, 3));
  std::ofstream(directory_ / "in-place.yaml", std::ios::app) << entries(4, 4);
  EXPECT_TRUE(are_delivered(4, 4));
  write_file(directory_ / "moved.yaml", entries(2, 2) + entries(5, 5));
  EXPECT_TRUE(are_delivered(5, 5));
  EXPECT_EQ(size(), 6U);
}

TEST_F(watch_test, follows_a_directory_that_is_a_link_and_is_switched_as_kubernetes_does) {
  const auto versions = daemon_.directory() / "versions";
  std::filesystem::remove(directory_);
  for (const unsigned version : {1U, 2U}) {
    const auto made = versions / std::to_string(version);
    std::filesystem::create_directories(made);
    write_file(made / "fleet.yaml", entries(1, version));
  }
  std::filesystem::create_directory_symlink(versions / "1", directory_);
  daemon_.start();
  ASSERT_TRUE(are_delivered(1, 1));
  std::filesystem::create_directory_symlink(versions / "2", daemon_.directory() / "next");
  std::filesystem::rename(daemon_.directory() / "next", directory_);
  EXPECT_TRUE(are_delivered(2, 2));
}

TEST_F(watch_test, keeps_what_runs_where_a_file_is_broken_and_says_where) {
  start_with(2);
  for (const std::string broken : {"- {id: acme-3, intervall: 1s}\n", "- {id: acme-3\n", ""}) {
    write_file(directory_ / "fleet.yaml", broken);
    EXPECT_TRUE(eventually([this] { return last_reload_was_refused(); })) << broken;
    EXPECT_EQ(size(), 3U) << broken;
    write_file(directory_ / "fleet.yaml", entries(1, 2));
    EXPECT_TRUE(eventually([this] { return !last_reload_was_refused(); })) << broken;
  }
  EXPECT_TRUE(daemon_.says("config.rejected"));
  EXPECT_TRUE(daemon_.says("fleet.yaml:1:"));
  EXPECT_EQ(api_.count("acme-3", "gets"), 0U);
  EXPECT_TRUE(are_delivered(1, 2));
}

TEST_F(watch_test, a_removed_file_takes_its_workspaces_their_tokens_and_their_series_along) {
  start_with(2);
  write_file(directory_ / "more.yaml", entries(3, 4));
  ASSERT_TRUE(are_delivered(3, 4));
  std::filesystem::remove(directory_ / "more.yaml");
  EXPECT_TRUE(eventually([this] { return size() == 3; }));
  for (const auto* id : {"acme-3", "acme-4"})
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(daemon_.token_file(id)); })) << id;
  EXPECT_THAT(daemon_.ask("/metrics").body, Not(HasSubstr("acme-3")));
  EXPECT_TRUE(are_delivered(1, 2));
  EXPECT_TRUE(daemon_.says("workspace.retired"));
}

TEST_F(watch_test, a_workspace_that_comes_back_goes_on_with_its_generation) {
  start_with(2);
  api_.rotate("acme-2");
  (void)daemon_.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([this] { return daemon_.status("acme-2").at("generation") == 2; }));
  write_file(directory_ / "fleet.yaml", entries(1, 1));
  ASSERT_TRUE(eventually([this] { return size() == 2; }));
  write_file(directory_ / "fleet.yaml", entries(1, 2));
  ASSERT_TRUE(eventually([this] { return size() == 3; }));
  EXPECT_TRUE(are_delivered(2, 2));
  EXPECT_EQ(daemon_.status("acme-2").at("generation").as_int64(), 2);
}

TEST_F(watch_test, does_not_reload_for_what_an_editor_leaves_beside_a_file) {
  start_with(1);
  const auto looks = [this] { return count_of(daemon_.all_output(), "config.unchanged"); };
  ASSERT_TRUE(eventually([&] { return looks() >= 1; }));
  write_file(directory_ / ".fleet.yaml.swp", "an editor's");
  EXPECT_TRUE(eventually([&] { return looks() >= 2; }));
  write_file(directory_ / "fleet.yaml", entries(1, 2));
  EXPECT_TRUE(are_delivered(2, 2));
  EXPECT_TRUE(daemon_.says("config.reloaded"));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_EQ(count_of(daemon_.all_output(), "config.reloaded"), 1U);
}

TEST_F(watch_test, refuses_to_remove_many_until_a_person_reloads) {
  start_with(few);
  write_file(directory_ / "fleet.yaml", entries(1, 4));
  EXPECT_TRUE(eventually([this] { return last_reload_was_refused(); }));
  EXPECT_TRUE(daemon_.says("would remove 6 of 11 workspaces"));
  EXPECT_EQ(size(), few + 1);
  api_.rotate_all("acme-");
  (void)daemon_.ask("/-/sync", "POST");
  EXPECT_TRUE(are_delivered(1, few));

  daemon_.running().signal(SIGHUP);
  EXPECT_TRUE(eventually([this] { return size() == 5; }));
  EXPECT_FALSE(last_reload_was_refused());
  for (unsigned i = 5; i <= few; ++i) {
    const auto file = daemon_.token_file("acme-" + std::to_string(i));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(file); })) << file;
  }
  EXPECT_TRUE(are_delivered(1, 4));
}

TEST_F(watch_test, refuses_a_vanished_directory_that_held_most_workspaces) {
  start_with(few);
  std::filesystem::rename(directory_, daemon_.directory() / "gone");
  EXPECT_TRUE(eventually([this] { return last_reload_was_refused(); }));
  EXPECT_EQ(size(), few + 1);
  EXPECT_TRUE(are_delivered(1, few));
  std::filesystem::rename(daemon_.directory() / "gone", directory_);
  EXPECT_TRUE(eventually([this] { return !last_reload_was_refused(); }));
}

TEST_F(watch_test, looks_every_30_s_where_nothing_can_be_watched) {
  const std::vector<std::string> without_inotify{"/usr/bin/strace",
                                                 "-D",
                                                 "-f",
                                                 "-qqq",
                                                 "-o",
                                                 "/dev/null",
                                                 "-E",
                                                 "ASAN_OPTIONS=detect_leaks=0",
                                                 "-e",
                                                 "trace=inotify_init1",
                                                 "-e",
                                                 "inject=inotify_init1:error=EMFILE"};
  if (daemon_.command({"--version"}, without_inotify).exit_code != 0)
    GTEST_SKIP() << "strace can't trace here";
  write_file(directory_ / "fleet.yaml", entries(1, 1));
  daemon_.start(without_inotify);
  ASSERT_TRUE(are_delivered(1, 1));
  EXPECT_TRUE(eventually([this] { return daemon_.says("config.unwatched"); }));
  write_file(directory_ / "fleet.yaml", entries(1, 2));
  EXPECT_TRUE(are_delivered(2, 2));
}

TEST_F(watch_test, does_not_delete_what_a_workspace_needs_that_comes_back_at_once) {
  start_with(many);
  for (int round = 0; round < 3; ++round) {
    write_file(directory_ / "fleet.yaml", entries(1, 1));
    EXPECT_EQ(daemon_.ask("/-/reload", "POST").status, 200U);
    write_file(directory_ / "fleet.yaml", entries(1, many));
    EXPECT_EQ(daemon_.ask("/-/reload", "POST").status, 200U);
    EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }));
    EXPECT_TRUE(are_delivered(1, many));
  }
}

}  // namespace
}  // namespace tokensyncd::tests
