#include "config/sections/workspace_files.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

struct stamps : testing::Test {
  stamps() {
    folder.write("w.d/a.yaml", "- id: a\n");
    folder.write("w.d/b.yaml", "- id: b\n");
  }
  [[nodiscard]] std::vector<file_stamp> now() const { return stamps_of(patterns); }
  [[nodiscard]] std::filesystem::path file(const char* name) const {
    return folder.path() / "w.d" / name;
  }

  config_folder folder;
  std::vector<std::string> patterns{(folder.path() / "w.d/*.yaml").string()};
};

TEST_F(stamps, are_the_same_until_a_file_that_is_meant_changes) {
  const auto before = now();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_EQ(before[0].file, file("a.yaml"));
  folder.write("w.d/.a.yaml.swp", "an editor's");
  folder.write("w.d/a.yaml~", "an editor's");
  EXPECT_EQ(now(), before);
}

TEST_F(stamps, tell_of_each_way_to_change_a_file) {
  std::vector<std::pair<std::string, std::function<void()>>> ways{
      {"written anew", [&] { folder.write("w.d/a.yaml", "- id: a2\n"); }},
      {"replaced by one of the same size",
       [&] {
         folder.write("w.d/next", "- id: 2a\n");
         std::filesystem::rename(file("next"), file("a.yaml"));
       }},
      {"unreadable", [&] { ::chmod(file("a.yaml").c_str(), 0); }},
      {"one more", [&] { folder.write("w.d/c.yaml", ""); }},
      {"one less", [&] { std::filesystem::remove(file("b.yaml")); }},
      {"a link to another file",
       [&] {
         std::filesystem::remove(file("a.yaml"));
         std::filesystem::create_symlink("c.yaml", file("a.yaml"));
       }},
      {"the link's file changed", [&] { folder.write("w.d/c.yaml", "- id: c\n"); }},
      {"no directory", [&] { std::filesystem::remove_all(folder.path() / "w.d"); }},
  };
  auto before = now();
  for (const auto& [name, change] : ways) {
    change();
    auto after = now();
    EXPECT_NE(after, before) << name;
    before = std::move(after);
  }
  EXPECT_TRUE(before.empty());
}

TEST_F(stamps, of_what_was_loaded_come_with_it) {
  const auto loaded = folder.load(std::string{least} + "workspace_files: [w.d/*.yaml]\n");
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->workspace_stamps, now());
  EXPECT_EQ(loaded.value->workspace_stamps.size(), 2U);
}

}  // namespace
}  // namespace tokensyncd::config
