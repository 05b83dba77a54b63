#include "daemon/sinks/file/commit/permissions.hpp"

#include <fstream>
#include <sstream>

#include <sched.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/in_child.hpp"

namespace tokensyncd::sinks {
namespace {

config::file_sink_settings settings_of(std::string owner, std::string group) {
  config::file_sink_settings settings;
  settings.owner = std::move(owner);
  settings.group = std::move(group);
  return settings;
}

TEST(permissions, names_and_numbers_are_resolved) {
  const auto by_name = resolve(settings_of("root", "root"));
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->owner, 0U);
  EXPECT_EQ(by_name->group, 0U);
  const auto by_number = resolve(settings_of("4000000000", "12345"));
  ASSERT_TRUE(by_number);
  EXPECT_EQ(by_number->owner, 4'000'000'000U);
  EXPECT_EQ(by_number->group, 12345U);
}

TEST(permissions, unknown_names_and_the_number_of_nobody_at_all_are_refused) {
  for (const char* name : {"no-such-name", "4294967295", "99999999999", "12x", "-1"}) {
    EXPECT_FALSE(resolve(settings_of(name, ""))) << name;
    EXPECT_FALSE(resolve(settings_of("", name))) << name;
  }
}

TEST(permissions, ids_that_the_user_namespace_does_not_know_are_found) {
  const auto map_of = [](const std::string& text) {
    std::istringstream from(text);
    return parse_id_map(from);
  };
  const auto whole = map_of("         0          0 4294967295\n");
  EXPECT_TRUE(is_mapped(whole, 0));
  EXPECT_TRUE(is_mapped(whole, 4'294'967'294U));
  const auto rootless = map_of("0 1000 1\n1 100000 65536\n");
  EXPECT_TRUE(is_mapped(rootless, 0));
  EXPECT_TRUE(is_mapped(rootless, 65'536));
  EXPECT_FALSE(is_mapped(rootless, 65'537));
  EXPECT_FALSE(is_mapped(map_of(""), 0)) << "a namespace whose map nobody has written";
}

/// A user namespace whose maps nobody has written.
int resolve_in_a_namespace_without_ids() {
  if (::unshare(CLONE_NEWUSER) != 0) return tests::child_skipped;
  for (const auto& [owner, group] : {std::pair{"0", ""}, std::pair{"", "0"}}) {
    const auto wanted = resolve(settings_of(owner, group));
    EXPECT_FALSE(wanted);
    if (wanted) continue;
    EXPECT_THAT(wanted.error().sentence, testing::HasSubstr("id 0 is not mapped"));
  }
  return tests::child_passed;
}

/// As in a rootless container without subordinate ids.
int resolve_in_a_namespace_of_one_id() {
  const auto user_outside = ::getuid();
  const auto group_outside = ::getgid();
  if (::unshare(CLONE_NEWUSER) != 0) return tests::child_skipped;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << user_outside << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << group_outside << " 1";
  EXPECT_TRUE(resolve(settings_of("0", "0")));
  const auto user = resolve(settings_of("5000", ""));
  const auto group = resolve(settings_of("", "5000"));
  EXPECT_FALSE(user || group);
  if (!user) {
    EXPECT_THAT(user.error().sentence, testing::HasSubstr("user id 5000 is not mapped"));
  }
  if (!group) {
    EXPECT_THAT(group.error().sentence, testing::HasSubstr("/proc/self/gid_map"));
  }
  return tests::child_passed;
}

/// In a process of its own, as the map is read once: one of child_passed and so on.
int in_own_process(int (*work)()) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  int code = tests::child_failed;
  const auto keep_code = [&code](int status) {
    code = WEXITSTATUS(status);
    return WIFEXITED(status);
  };
  const auto run = [work] {
    const int outcome = work();
    ::_exit(testing::Test::HasFailure() ? tests::child_failed : outcome);
  };
  EXPECT_EXIT(run(), keep_code, "");
  return code;
}

TEST(permissions, where_no_id_is_mapped_say_so) {
  const int code = in_own_process(&resolve_in_a_namespace_without_ids);
  if (code == tests::child_skipped) GTEST_SKIP() << "user namespaces aren't permitted here";
  EXPECT_EQ(code, tests::child_passed);
}

TEST(permissions, of_an_id_that_is_not_mapped_say_so) {
  const int code = in_own_process(&resolve_in_a_namespace_of_one_id);
  if (code == tests::child_skipped) GTEST_SKIP() << "user namespaces aren't permitted here";
  EXPECT_EQ(code, tests::child_passed);
}

TEST(permissions, a_file_matches_only_with_exactly_these) {
  struct stat file{};
  file.st_mode = S_IFREG | 0640;
  file.st_uid = ::geteuid();
  file.st_gid = 77;
  EXPECT_TRUE((permissions{0640, {}, {}}.match(file)));
  EXPECT_TRUE((permissions{0640, {}, 77}.match(file)));
  EXPECT_FALSE((permissions{0640, {}, 78}.match(file)));
  EXPECT_FALSE((permissions{0600, {}, 77}.match(file)));
  EXPECT_FALSE((permissions{0640, ::geteuid() + 1, 77}.match(file)));
  file.st_mode = S_IFREG | 04640;
  EXPECT_FALSE((permissions{0640, {}, 77}.match(file)));
}

}  // namespace
}  // namespace tokensyncd::sinks
