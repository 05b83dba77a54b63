#include <fstream>

#include "tests/support/in_child.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

/// Takes the last bytes of the disk.
void fill(const std::filesystem::path& file) {
  std::ofstream out{file, std::ios::binary};
  const std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

int save_on_a_full_disk(const std::filesystem::path& directory) {
  if (!mount_small_disk(directory, 1U << 20U)) return child_skipped;
  const auto file = directory / "state.db";
  {
    const opened made = must_open(file);
    EXPECT_TRUE(save(*made.state, {workspace_of("acme", 1)}));
    fill(directory / "ballast");
    std::vector<sync::change> many;
    for (std::uint32_t i = 0; i < 3000; ++i)
      many.push_back(workspace_of("w" + std::to_string(i), 1));
    const auto refused = save(*made.state, many);
    EXPECT_FALSE(refused);
    if (!refused) {
      EXPECT_EQ(refused.error().kind, failure_kind::no_space);
    }
    EXPECT_EQ(load_all(*made.state).workspaces.size(), 1U);

    std::filesystem::remove(directory / "ballast");
    EXPECT_TRUE(save(*made.state, {workspace_of("acme", 2), workspace_of("new", 1)}));
  }
  const opened made = must_open(file);
  EXPECT_FALSE(made.notice);
  EXPECT_EQ(load_all(*made.state).workspaces.size(), 2U);
  return child_passed;
}

TEST(store_full_disk, refuses_a_save_whole_and_takes_the_next_when_there_is_space) {
  const temporary_directory directory;
  const int code = in_child([&directory] { return save_on_a_full_disk(directory.path()); });
  if (code == child_skipped) GTEST_SKIP() << "mounting a tmpfs isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

int open_on_a_full_disk(const std::filesystem::path& directory) {
  if (!mount_small_disk(directory, 64U << 10U)) return child_skipped;
  fill(directory / "ballast");
  const auto refused = open_sqlite(directory / "state.db", now);
  EXPECT_FALSE(refused);
  if (!refused) {
    EXPECT_EQ(refused.error().kind, failure_kind::no_space) << refused.error().sentence;
  }
  std::filesystem::remove(directory / "ballast");
  EXPECT_TRUE(open_sqlite(directory / "state.db", now));
  return child_passed;
}

TEST(store_full_disk, opening_says_that_no_space_is_left) {
  const temporary_directory directory;
  const int code = in_child([&directory] { return open_on_a_full_disk(directory.path()); });
  if (code == child_skipped) GTEST_SKIP() << "mounting a tmpfs isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

}  // namespace
}  // namespace tokensyncd::store::tests
