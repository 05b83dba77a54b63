#include "daemon/sinks/permissions.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

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
