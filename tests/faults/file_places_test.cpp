#include <sys/mount.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/in_child.hpp"
#include "tests/support/sink_desk.hpp"
#include "tests/support/small_disk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::HasSubstr;

#define EXPECT_CHILD_PASSES(code, needs)                                      \
  if ((code) == child_skipped) GTEST_SKIP() << needs " isn't permitted here"; \
  EXPECT_EQ(code, child_passed)

void fill(const std::filesystem::path& file) {
  std::ofstream out{file, std::ios::binary};
  const std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

TEST(file_places, a_full_disk_keeps_the_old_token_and_takes_the_new_one_when_there_is_space) {
  const temporary_directory mounted;
  const int code = in_child([&mounted] {
    if (!mount_small_disk(mounted.path(), 256U << 10U)) return child_skipped;
    sink_desk desk;
    desk.settings.path = (mounted / "{workspace}").string();
    EXPECT_TRUE(desk.deliver("s3cret-old"));
    fill(mounted / "ballast");
    const std::vector<sync::target> targets{{"acme", desk.labels}};
    const auto problems =
        run_task(desk.loop, desk.make()->check(targets, sync::thoroughness::try_out));
    EXPECT_EQ(problems.size(), 1U) << "an empty file can still be made";
    if (!problems.empty()) {
      EXPECT_EQ(problems[0].what.kind, failure_kind::no_space);
    }
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto refused = desk.deliver("s3cret-new", 2);
      EXPECT_FALSE(refused);
      if (!refused) {
        EXPECT_EQ(refused.error().kind, failure_kind::no_space);
      }
      EXPECT_EQ(bytes_of(mounted / "acme"), "s3cret-old");
    }
    std::filesystem::remove(mounted / "ballast");
    EXPECT_TRUE(desk.deliver("s3cret-new", 2));
    EXPECT_EQ(bytes_of(mounted / "acme"), "s3cret-new");
    const auto names = std::distance(std::filesystem::directory_iterator{mounted.path()}, {});
    EXPECT_EQ(names, 1);
    return child_passed;
  });
  EXPECT_CHILD_PASSES(code, "mounting a tmpfs");
}

TEST(file_places, a_bind_mounted_file_is_refused_with_the_remedy_by_delivery_and_by_check) {
  const temporary_directory other;
  const int code = in_child([&other] {
    if (!mount_small_disk(other.path(), 256U << 10U)) return child_skipped;
    sink_desk desk;
    std::ofstream{desk.file()} << "mounted over";
    std::ofstream{other / "theirs"} << "theirs";
    if (::mount((other / "theirs").c_str(), desk.file().c_str(), nullptr, MS_BIND, nullptr) != 0)
      return child_skipped;
    const std::vector<sync::target> targets{{"acme", desk.labels}};
    const auto problems =
        run_task(desk.loop, desk.make()->check(targets, sync::thoroughness::look));
    EXPECT_EQ(problems.size(), 1U);
    if (!problems.empty()) {
      EXPECT_THAT(problems[0].what.sentence, HasSubstr("mount its directory"));
    }
    const auto refused = desk.deliver("s3cret");
    EXPECT_FALSE(refused);
    if (!refused) {
      EXPECT_EQ(refused.error().kind, failure_kind::wrong_place);
      EXPECT_THAT(refused.error().sentence, HasSubstr("mount its directory"));
    }
    EXPECT_EQ(bytes_of(desk.file()), "theirs");
    EXPECT_EQ(desk.names().size(), 1U);
    ::umount(desk.file().c_str());
    return child_passed;
  });
  EXPECT_CHILD_PASSES(code, "mounting");
}

TEST(file_places, a_read_only_file_system_is_named) {
  const temporary_directory mounted;
  const int code = in_child([&mounted] {
    if (!mount_small_disk(mounted.path(), 256U << 10U)) return child_skipped;
    if (::mount("none", mounted.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return child_skipped;
    sink_desk desk;
    desk.settings.path = (mounted / "{workspace}").string();
    const auto refused = desk.deliver("s3cret");
    EXPECT_FALSE(refused);
    if (!refused) {
      EXPECT_THAT(refused.error().sentence, HasSubstr("read-only"));
    }
    return child_passed;
  });
  EXPECT_CHILD_PASSES(code, "mounting a tmpfs");
}

/// Becomes an ordinary user in a directory of its own.
bool become_nobody(const sink_desk& desk) {
  constexpr uid_t nobody = 65534;
  return ::chown(desk.directory.path().c_str(), nobody, nobody) == 0 &&
         ::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0;
}

TEST(file_places, without_capabilities_a_foreign_group_or_owner_is_refused_with_the_remedy) {
  const int code = in_child([] {
    sink_desk desk;
    if (::geteuid() != 0 || !become_nobody(desk)) return child_skipped;
    EXPECT_TRUE(desk.deliver("s3cret-old"));
    for (const auto& [owner, group] : {std::pair{"", "12345"}, std::pair{"12345", ""}}) {
      desk.settings.owner = owner;
      desk.settings.group = group;
      const auto refused = desk.deliver("s3cret-new", 2);
      EXPECT_FALSE(refused);
      if (!refused) {
        EXPECT_EQ(refused.error().kind, failure_kind::no_permission);
        EXPECT_THAT(refused.error().sentence, HasSubstr("CAP_CHOWN"));
      }
      const std::vector<sync::target> targets{{"acme", desk.labels}};
      for (const auto how : {sync::thoroughness::look, sync::thoroughness::try_out}) {
        const auto problems = run_task(desk.loop, desk.make()->check(targets, how));
        EXPECT_EQ(problems.size(), 1U);
        EXPECT_EQ(problems.at(0).key, *owner == '\0' ? "group" : "owner");
      }
      EXPECT_EQ(bytes_of(desk.file()), "s3cret-old");
      EXPECT_EQ(desk.names().size(), 1U);
    }
    return child_passed;
  });
  EXPECT_CHILD_PASSES(code, "becoming another user");
}

TEST(file_places, without_capabilities_a_closed_directory_is_refused_with_the_remedy) {
  const int code = in_child([] {
    sink_desk desk;
    if (::geteuid() != 0 || !become_nobody(desk)) return child_skipped;
    for (const mode_t mode : {0000U, 0555U}) {
      ::chmod(desk.directory.path().c_str(), mode);
      const auto refused = desk.deliver("s3cret");
      EXPECT_FALSE(refused);
      if (!refused) {
        EXPECT_EQ(refused.error().kind, failure_kind::no_permission) << refused.error().sentence;
      }
      EXPECT_TRUE(desk.drifted());
    }
    ::chmod(desk.directory.path().c_str(), 0700);
    EXPECT_TRUE(desk.deliver("s3cret"));
    return child_passed;
  });
  EXPECT_CHILD_PASSES(code, "becoming another user");
}

}  // namespace
}  // namespace tokensyncd::sinks
