// Directories that hand an access list on: nobody reads a file who wasn't configured to.
#include <cerrno>
#include <vector>

#include <sys/xattr.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/counted_system.hpp"
#include "tests/support/sink_desk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;

constexpr uid_t stranger = 61301;

/// An access list as the kernel takes it (linux/posix_acl_xattr.h): version 2, then entries of tag,
/// permissions and id. The owner and `stranger` may read and write, and nobody else anything.
std::vector<std::uint8_t> list_for_stranger() {
  struct entry {
    std::uint16_t tag;
    std::uint16_t permissions;
    std::uint32_t id;
  };
  constexpr std::uint32_t nobody = 0xFFFF'FFFF;
  constexpr entry entries[]{{0x01, 6, nobody},    // the owner
                            {0x02, 6, stranger},  // a user by name
                            {0x04, 0, nobody},    // the group
                            {0x10, 6, nobody},    // the mask
                            {0x20, 0, nobody}};   // others
  std::vector<std::uint8_t> bytes{2, 0, 0, 0};
  for (const entry& each : entries) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&each);
    bytes.insert(bytes.end(), raw, raw + sizeof each);
  }
  return bytes;
}

bool set_list(const std::filesystem::path& of, const char* kind) {
  const auto list = list_for_stranger();
  return ::setxattr(of.c_str(), kind, list.data(), list.size(), 0) == 0;
}

bool has_list(const std::filesystem::path& of) {
  return ::lgetxattr(of.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

class a_default_acl : public testing::Test {
 protected:
  void SetUp() override {
    if (!set_list(desk.directory.path(), "system.posix_acl_default"))
      GTEST_SKIP() << "this file system keeps no access lists";
    std::ofstream{desk.directory / "inherits"} << "x";
    ASSERT_TRUE(has_list(desk.directory / "inherits"));
    std::filesystem::remove(desk.directory / "inherits");
  }

  counted_system system;
  sink_desk desk{&system};
};

TEST_F(a_default_acl, gives_nobody_a_file_and_takes_it_from_no_group) {
  for (const std::uint32_t mode : {0600U, 0640U, 0644U, 0660U}) {
    desk.settings.mode = mode;
    ASSERT_TRUE(desk.deliver("s3cret-" + std::to_string(mode), mode));
    EXPECT_FALSE(has_list(desk.file()));
    EXPECT_EQ(mode_of(desk.file()), mode);
  }
}

TEST_F(a_default_acl, is_gone_before_the_file_holds_a_byte) {
  bool has_one_at_write = true;
  system.before = [&](std::string_view step, int) {
    if (step == "write")
      for (const std::string& name : desk.names())
        has_one_at_write = has_list(desk.directory / name);
    return 0;
  };
  ASSERT_TRUE(desk.deliver("s3cret"));
  EXPECT_FALSE(has_one_at_write);
}

TEST_F(a_default_acl, that_an_earlier_version_left_on_a_file_is_drift) {
  ASSERT_TRUE(desk.deliver("s3cret"));
  ASSERT_FALSE(desk.drifted());
  ASSERT_TRUE(set_list(desk.file(), "system.posix_acl_access"));
  // As it was recorded: with the list, and untouched since.
  auto recorded = desk.present->tag;
  const struct stat found = stat_of(desk.file());
  recorded.words[2] = static_cast<std::uint64_t>(found.st_ctim.tv_sec) * 1'000'000'000U +
                      static_cast<std::uint64_t>(found.st_ctim.tv_nsec);
  desk.present->tag = recorded;
  EXPECT_TRUE(desk.drifted());
}

TEST(an_acl, that_somebody_put_on_a_file_is_taken_off_when_it_is_repaired) {
  sink_desk desk;
  desk.settings.mode = 0660;
  ASSERT_TRUE(desk.deliver("s3cret"));
  if (!set_list(desk.file(), "system.posix_acl_access"))
    GTEST_SKIP() << "this file system keeps no access lists";
  EXPECT_EQ(mode_of(desk.file()), 0660U) << "which doesn't show it";
  EXPECT_TRUE(desk.drifted());
  const auto repaired = desk.deliver("s3cret");
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->how, sync::write_result::repaired);
  EXPECT_FALSE(has_list(desk.file()));
}

}  // namespace
}  // namespace tokensyncd::sinks
