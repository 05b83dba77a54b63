#include "daemon/runtime/process/login_uid.hpp"

#include <limits>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "daemon/runtime/fs/owned_fd.hpp"
#include "tests/support/in_child.hpp"

namespace tokensyncd {
namespace {

/// As pam_loginuid(8) does at a login. A child's, as most kernels let it be set only once.
int as_if_logged_in(std::string_view user, std::optional<uid_t> expected) {
  return tests::in_child([&] {
    const owned_fd file{::open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC)};
    const auto written = ::write(file.number(), user.data(), user.size());
    if (written != static_cast<ssize_t>(user.size())) return tests::child_skipped;
    return login_uid(::getpid()) == expected ? tests::child_passed : tests::child_failed;
  });
}

TEST(a_login_uid, is_that_of_the_session) {
  const int said = as_if_logged_in("4711", 4711);
  if (said == tests::child_skipped) GTEST_SKIP() << "the kernel or the container keeps it";
  EXPECT_EQ(said, tests::child_passed);
}

TEST(a_login_uid, is_none_where_nobody_logged_in) {
  const int said = as_if_logged_in("4294967295", std::nullopt);
  if (said == tests::child_skipped) GTEST_SKIP() << "the kernel or the container keeps it";
  EXPECT_EQ(said, tests::child_passed);
}

TEST(a_login_uid, is_none_of_a_process_that_is_not_there) {
  EXPECT_EQ(login_uid(std::numeric_limits<pid_t>::max()), std::nullopt);
}

}  // namespace
}  // namespace tokensyncd
