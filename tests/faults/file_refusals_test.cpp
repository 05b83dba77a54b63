// Directories in which files can be made but not renamed or removed: nothing piles up there, and no
// token stays in what does.
#include <cstdlib>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/counted_system.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/sink_desk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::ElementsAre;
using testing::HasSubstr;

/// Bytes in all files of a directory.
std::uintmax_t bytes_in(const sink_desk& desk) {
  std::uintmax_t all = 0;
  for (const std::string& name : desk.names())
    all += std::filesystem::file_size(desk.directory / name);
  return all;
}

/// A check of the directory, as of `check --online` with `try_out`.
std::vector<sync::destination_problem> checked(sink_desk& desk, sync::sink& made,
                                               sync::thoroughness how) {
  const std::vector<sync::target> targets{{"acme", desk.labels}};
  return run_task(desk.loop, made.check(targets, how));
}

class a_directory_that_refuses_renames : public testing::Test {
 protected:
  /// Refuses renames and removals, as a FUSE file system may.
  void refuse(bool is_refusing) {
    system.before = [is_refusing](std::string_view step, int) {
      return is_refusing && (step == "unlink" || step == "rename") ? EPERM : 0;
    };
  }

  counted_system system;
  sink_desk desk{&system};
};

TEST_F(a_directory_that_refuses_renames, gets_one_empty_file_and_never_another) {
  refuse(true);
  const auto made = desk.make();
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto refused = desk.deliver(*made, "s3cret");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure_kind::no_permission);
    EXPECT_THAT(refused.error().sentence, HasSubstr("but not renamed or removed"));
    EXPECT_EQ(desk.names().size(), 1U);
    EXPECT_EQ(bytes_in(desk), 0U) << "the token must not stay";
  }
  refuse(false);
  ASSERT_TRUE(desk.deliver(*made, "s3cret"));
  EXPECT_THAT(desk.names(), ElementsAre("acme"));
}

TEST_F(a_directory_that_refuses_renames, gets_no_other_from_the_next_run) {
  refuse(true);
  ASSERT_FALSE(desk.deliver("s3cret"));
  for (int run = 0; run < 5; ++run) {
    const writer_identity next{desk.key};
    ASSERT_FALSE(desk.deliver(*desk.make(next), "s3cret"));
    EXPECT_EQ(desk.names().size(), 1U);
  }
}

TEST(a_directory_that_refuses, is_said_by_check_which_leaves_one_empty_file_at_most) {
  counted_system system;
  sink_desk desk{&system};
  system.before = [](std::string_view step, int) {
    return step == "unlink" || step == "rename" ? EPERM : 0;
  };
  for (int run = 0; run < 3; ++run) {
    const writer_identity next{desk.key};
    const auto problems = checked(desk, *desk.make(next), sync::thoroughness::try_out);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].what.sentence, HasSubstr("but not renamed or removed"));
    EXPECT_EQ(desk.names().size(), 1U);
  }
  system.before = [](std::string_view step, int) { return step == "unlink" ? EPERM : 0; };
  const writer_identity next{desk.key};
  EXPECT_EQ(checked(desk, *desk.make(next), sync::thoroughness::try_out).size(), 1U)
      << "a file that can't be removed is one too many";
}

TEST(a_directory_that_refuses, has_what_a_killed_run_left_emptied) {
  counted_system system;
  sink_desk desk{&system};
  const writer_identity before{desk.key};
  std::ofstream{desk.directory / before.temporary_name()} << "s3cret";
  system.before = [](std::string_view step, int) { return step == "unlink" ? EPERM : 0; };
  EXPECT_FALSE(desk.deliver("s3cret"));
  EXPECT_EQ(desk.names().size(), 1U);
  EXPECT_EQ(bytes_in(desk), 0U);
}

TEST(a_directory_that_refuses, through_fuse_keeps_one_empty_file) {
  sink_desk desk;
  const temporary_directory behind;
  const std::string mounted = desk.directory.path().string();
  const std::string mount = "bindfs --rename-deny --delete-deny '" + behind.path().string() +
                            "' '" + mounted + "' 2>/dev/null";
  if (std::system(mount.c_str()) != 0) GTEST_SKIP() << "bindfs isn't here, or may not mount";
  for (int run = 0; run < 3; ++run) {
    const writer_identity next{desk.key};
    const auto made = desk.make(next);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto refused = desk.deliver(*made, "s3cret");
      EXPECT_FALSE(refused);
      EXPECT_EQ(desk.names().size(), 1U);
      EXPECT_EQ(bytes_in(desk), 0U);
    }
    EXPECT_EQ(checked(desk, *made, sync::thoroughness::try_out).size(), 1U);
    EXPECT_EQ(desk.names().size(), 1U);
  }
  ::umount(mounted.c_str());
}

/// Nobody writes there, so nothing is left: by delivery, by check and by check --online.
void expect_refused_without_a_trace(sink_desk& desk, const std::string& words) {
  const auto names = desk.names();
  const auto made = desk.make();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto refused = desk.deliver(*made, "s3cret-new", 2);
    EXPECT_FALSE(refused);
    if (refused) return;
    EXPECT_EQ(refused.error().kind, failure_kind::no_permission);
    EXPECT_THAT(refused.error().sentence, HasSubstr(words));
  }
  for (const auto how : {sync::thoroughness::look, sync::thoroughness::try_out}) {
    const auto problems = checked(desk, *made, how);
    EXPECT_EQ(problems.size(), 1U);
    if (!problems.empty()) {
      EXPECT_THAT(problems[0].what.sentence, HasSubstr(words));
    }
  }
  EXPECT_EQ(desk.names(), names);
}

/// chattr(1); false where it isn't permitted or the file system has no such attributes.
bool set_attribute(const std::filesystem::path& of, int attribute) {
  const int file = ::open(of.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_set = file >= 0 && ::ioctl(file, FS_IOC_SETFLAGS, &attribute) == 0;
  if (file >= 0) ::close(file);
  return is_set;
}

struct attribute {
  const char* name;
  int flag;
  const char* words;
};

class an_attribute_of_chattr : public testing::TestWithParam<attribute> {};

TEST_P(an_attribute_of_chattr, of_a_directory_is_named_before_anything_is_made) {
  sink_desk desk;
  if (!set_attribute(desk.directory.path(), GetParam().flag))
    GTEST_SKIP() << "chattr isn't permitted here, or unknown to this file system";
  expect_refused_without_a_trace(desk, GetParam().words);
  set_attribute(desk.directory.path(), 0);
  EXPECT_TRUE(desk.deliver("s3cret"));
}

TEST_P(an_attribute_of_chattr, of_a_file_is_named_and_the_file_stays) {
  sink_desk desk;
  ASSERT_TRUE(desk.deliver("s3cret-old"));
  if (!set_attribute(desk.file(), GetParam().flag))
    GTEST_SKIP() << "chattr isn't permitted here, or unknown to this file system";
  expect_refused_without_a_trace(desk, GetParam().words);
  EXPECT_EQ(bytes_of(desk.file()), "s3cret-old");
  set_attribute(desk.file(), 0);
}

INSTANTIATE_TEST_SUITE_P(each, an_attribute_of_chattr,
                         testing::Values(attribute{"append_only", FS_APPEND_FL, "is append-only"},
                                         attribute{"immutable", FS_IMMUTABLE_FL, "is immutable"}),
                         [](const auto& param) { return std::string{param.param.name}; });

/// Root without the right to overrule the sticky bit and the modes of files, as a service has that
/// was given CAP_CHOWN alone.
bool keep_chown_alone() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  sets[0].effective = sets[0].permitted = 1U << CAP_CHOWN;
  return ::syscall(SYS_capset, &header, sets) == 0;
}

TEST(a_sticky_directory, of_another_user_takes_no_file_that_is_given_away) {
  const int code = in_child([] {
    sink_desk desk;
    constexpr uid_t other = 4711;
    if (::geteuid() != 0 || ::chown(desk.directory.path().c_str(), other, other) != 0)
      return child_skipped;
    ::chmod(desk.directory.path().c_str(), 01777);
    if (!keep_chown_alone()) return child_skipped;
    EXPECT_TRUE(desk.deliver("s3cret-old")) << "its own files it may replace";
    desk.settings.owner = std::to_string(other + 1);
    expect_refused_without_a_trace(desk, "is sticky");
    EXPECT_EQ(bytes_of(desk.file()), "s3cret-old");
    return child_passed;
  });
  if (code == child_skipped) GTEST_SKIP() << "giving files away isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

TEST(a_sticky_directory, of_another_user_keeps_the_file_that_somebody_else_made) {
  const int code = in_child([] {
    sink_desk desk;
    constexpr uid_t other = 4711;
    std::ofstream{desk.file()} << "theirs";
    if (::geteuid() != 0 || ::chown(desk.file().c_str(), other, other) != 0 ||
        ::chown(desk.directory.path().c_str(), other, other) != 0)
      return child_skipped;
    ::chmod(desk.directory.path().c_str(), 01777);
    if (!keep_chown_alone()) return child_skipped;
    expect_refused_without_a_trace(desk, "is sticky");
    return child_passed;
  });
  if (code == child_skipped) GTEST_SKIP() << "giving files away isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

}  // namespace
}  // namespace tokensyncd::sinks
