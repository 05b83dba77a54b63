#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <sys/inotify.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/counted_system.hpp"
#include "tests/support/sink_desk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::ElementsAre;
using testing::HasSubstr;

struct fault {
  const char* name;
  const char* step;
  int which;  ///< the first, the second … step of this name
  int error;
  failure_kind kind;
  const char* words;
};

class a_step_that_fails : public testing::TestWithParam<fault> {
 protected:
  counted_system system;
  sink_desk desk{&system};
};

TEST_P(a_step_that_fails, keeps_the_old_token_leaves_nothing_and_says_why) {
  const fault& wrong = GetParam();
  desk.settings.mode = 0640;
  desk.settings.group = std::to_string(::getegid());
  desk.settings.owner = std::to_string(::geteuid());
  ASSERT_TRUE(desk.deliver("s3cret-old"));
  const struct stat before = stat_of(desk.file());

  int seen = 0;
  system.before = [&](std::string_view step, int) {
    return step == wrong.step && ++seen == wrong.which ? wrong.error : 0;
  };
  const auto refused = desk.deliver("s3cret-new", 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, wrong.kind) << refused.error().sentence;
  EXPECT_THAT(refused.error().sentence, HasSubstr(wrong.words));
  EXPECT_THAT(refused.error().sentence, HasSubstr(desk.directory.path().string()));
  EXPECT_THAT(refused.error().sentence, testing::Not(HasSubstr("s3cret")));
  EXPECT_EQ(bytes_of(desk.file()), "s3cret-old");
  EXPECT_EQ(stat_of(desk.file()).st_ino, before.st_ino);
  EXPECT_THAT(desk.names(), ElementsAre("acme"));

  // Passed: the next attempt succeeds.
  const auto again = desk.deliver("s3cret-new", 2);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->how, sync::write_result::written);
  EXPECT_EQ(bytes_of(desk.file()), "s3cret-new");
}

INSTANTIATE_TEST_SUITE_P(
    each, a_step_that_fails,
    testing::Values(
        fault{"no_directory", "open_directory", 1, ENOENT, failure_kind::missing_place,
              "create it"},
        fault{"no_right_to_the_directory", "open_directory", 1, EACCES, failure_kind::no_permission,
              "grant read, write and execute permission"},
        fault{"too_many_files", "open_directory", 1, EMFILE, failure_kind::io_error, "Too many"},
        fault{"no_right_to_look", "lstat", 1, EACCES, failure_kind::no_permission, "look into"},
        fault{"create_refused", "create", 1, EACCES, failure_kind::no_permission, "may not write"},
        fault{"read_only", "create", 1, EROFS, failure_kind::no_permission, "read-only"},
        fault{"no_inode", "create", 1, ENOSPC, failure_kind::no_space, "no space"},
        fault{"no_look_at_the_directory", "fstat", 1, EIO, failure_kind::io_error,
              "cannot be written"},
        fault{"no_look_at_the_new_one", "fstat", 2, EIO, failure_kind::io_error,
              "cannot be written"},
        fault{"inherited_acl_stays", "remove_acl", 1, EPERM, failure_kind::no_permission,
              "may not write"},
        fault{"full", "write", 1, ENOSPC, failure_kind::no_space, "no space"},
        fault{"quota", "write", 1, EDQUOT, failure_kind::no_space, "no space"},
        fault{"broken", "write", 1, EIO, failure_kind::io_error, "cannot be written"},
        fault{"group_refused", "fchown", 1, EPERM, failure_kind::no_permission, "CAP_CHOWN"},
        fault{"mode_refused", "fchmod", 1, EPERM, failure_kind::no_permission, "may not write"},
        fault{"owner_refused", "fchown", 2, EPERM, failure_kind::no_permission, "CAP_CHOWN"},
        fault{"flush_failed", "fsync", 1, EIO, failure_kind::io_error, "cannot be written"},
        fault{"full_at_flush", "fsync", 1, ENOSPC, failure_kind::no_space, "no space"},
        fault{"rename_refused", "rename", 1, EPERM, failure_kind::no_permission,
              "but not renamed or removed"},
        fault{"replacing_refused", "rename", 1, EACCES, failure_kind::no_permission,
              "but not renamed or removed"},
        fault{"bind_mount", "rename", 1, EBUSY, failure_kind::wrong_place, "mount its directory"},
        fault{"other_file_system", "rename", 1, EXDEV, failure_kind::wrong_place,
              "mount the directory"}),
    [](const auto& param) { return std::string{param.param.name}; });

class a_write : public testing::Test {
 protected:
  counted_system system;
  sink_desk desk{&system};
};

TEST_F(a_write, goes_through_its_steps_in_the_order_that_is_safe) {
  desk.settings.group = std::to_string(::getegid());
  desk.settings.owner = std::to_string(::geteuid());
  ASSERT_TRUE(desk.deliver("s3cret"));
  EXPECT_THAT(system.steps, ElementsAre("open_directory", "lstat", "fstat", "create", "remove_acl",
                                        "fstat", "fchown", "fchmod", "fchown", "fstat", "write",
                                        "fsync", "rename", "fstat", "fsync_directory"));
}

/// Reads the names that `watch` has heard of.
std::vector<std::string> names_heard(int watch) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(watch, buffer.data(), buffer.size());
  std::vector<std::string> heard;
  for (ssize_t at = 0; at < size;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof event);
    heard.emplace_back(buffer.data() + at + sizeof event);
    at += static_cast<ssize_t>(sizeof event + event.len);
  }
  return heard;
}

TEST_F(a_write, is_heard_of_once_and_by_its_name_by_who_watches_the_directory) {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(::inotify_add_watch(watch, desk.directory.path().c_str(), IN_MOVED_TO), 0);
  ASSERT_TRUE(desk.deliver("s3cret-1"));
  EXPECT_THAT(names_heard(watch), ElementsAre("acme"));
  ASSERT_TRUE(desk.deliver("s3cret-2", 2));
  EXPECT_THAT(names_heard(watch), ElementsAre("acme"));
  ::close(watch);
}

TEST_F(a_write, looks_twice_and_touches_nothing_where_all_is_right) {
  ASSERT_TRUE(desk.deliver("s3cret"));
  system.steps.clear();
  ASSERT_TRUE(desk.deliver("s3cret"));
  EXPECT_THAT(system.steps, ElementsAre("open_directory", "lstat"));
}

TEST_F(a_write, goes_on_where_the_kernel_took_a_part_or_was_interrupted) {
  system.most_written = 3;
  int interruptions = 2;
  system.before = [&](std::string_view step, int) {
    return step == "write" && interruptions-- > 0 ? EINTR : 0;
  };
  ASSERT_TRUE(desk.deliver("a token of some length"));
  EXPECT_EQ(bytes_of(desk.file()), "a token of some length");
}

TEST_F(a_write, fails_whole_where_the_disk_fills_in_the_middle) {
  ASSERT_TRUE(desk.deliver("s3cret-old"));
  system.most_written = 3;
  int writes = 0;
  system.before = [&](std::string_view step, int) {
    return step == "write" && ++writes == 3 ? ENOSPC : 0;
  };
  const auto refused = desk.deliver("s3cret-new", 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::no_space);
  EXPECT_EQ(bytes_of(desk.file()), "s3cret-old");
  EXPECT_THAT(desk.names(), ElementsAre("acme"));
}

TEST_F(a_write, puts_no_byte_where_the_file_system_makes_files_wider) {
  system.wider_mode = 0044;
  const auto refused = desk.deliver("s3cret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::wrong_place);
  EXPECT_THAT(system.steps, testing::Not(testing::Contains("write")));
  EXPECT_TRUE(desk.names().empty());
}

TEST_F(a_write, whose_directory_cannot_be_flushed_fails_and_is_flushed_by_the_next) {
  int flushes = 0;
  system.before = [&](std::string_view step, int) {
    return step == "fsync_directory" && ++flushes == 1 ? EIO : 0;
  };
  const auto refused = desk.deliver("s3cret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::io_error);
  EXPECT_THAT(desk.names(), ElementsAre("acme"));

  const auto again = desk.deliver("s3cret");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->how, sync::write_result::unchanged);
  EXPECT_EQ(flushes, 2);
}

TEST_F(a_write, whose_directory_cannot_be_flushed_can_be_taken_away_all_the_same) {
  int flushes = 0;
  system.before = [&](std::string_view step, int) {
    return step == "fsync_directory" && ++flushes == 1 ? EIO : 0;
  };
  ASSERT_FALSE(desk.deliver("s3cret"));
  ASSERT_NE(desk.uncertain, sync::etag{}) << "the file is there";
  EXPECT_TRUE(run_task(desk.loop, desk.make()->withdraw({"acme", desk.labels}, desk.uncertain)));
  EXPECT_TRUE(desk.names().empty());
}

TEST_F(a_write, that_fails_does_not_take_others_of_its_commit_along) {
  const auto made = desk.make();
  int writes = 0;
  // The first goes alone, so the fault hits one of those that share the second commit.
  system.before = [&](std::string_view step, int) {
    return step == "write" && ++writes == 5 ? ENOSPC : 0;
  };
  int delivered = 0;
  int refused = 0;
  const revision what{1, desk.prints.of("s3cret"), rotated};
  const secret token{"s3cret"};
  auto deliver_one = [&](const std::string& workspace) -> task<> {
    const sync::delivery_request order{{workspace, desk.labels}, what, token};
    const auto outcome = co_await made->deliver(order);
    ++(outcome ? delivered : refused);
  };
  std::vector<std::string> workspaces;
  for (int i = 0; i < 20; ++i) workspaces.push_back("w" + std::to_string(i));
  for (const auto& each : workspaces)
    asio::co_spawn(desk.loop, deliver_one(each), [](const std::exception_ptr&) {});
  desk.loop.run();
  EXPECT_EQ(delivered, 19);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(desk.names().size(), 19U);
  // Shared: 20 files in two commits flush their directory twice.
  EXPECT_EQ(std::ranges::count(system.steps, "fsync_directory"), 2);
  EXPECT_EQ(std::ranges::count(system.steps, "start_writing_back"), 18);
}

}  // namespace
}  // namespace tokensyncd::sinks
