#include "daemon/runtime/process/limits.hpp"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>

#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "tests/support/in_child.hpp"

namespace tokensyncd {
namespace {

using testing::HasSubstr;

std::string text_of(const std::exception& error) {
  return shortage_of(error).value_or("none");
}

TEST(shortage, names_the_limit_that_is_reached) {
  const auto& own = std::generic_category();
  EXPECT_THAT(text_of(std::system_error(EMFILE, own)), HasSubstr("LimitNOFILE="));
  EXPECT_THAT(text_of(std::system_error(ENFILE, own)), HasSubstr("fs.file-max"));
  EXPECT_THAT(text_of(std::system_error(EAGAIN, std::system_category())), HasSubstr("TasksMax="));
  EXPECT_THAT(text_of(std::bad_alloc()), HasSubstr("memory"));
  const boost::system::error_code code(EMFILE, boost::system::system_category());
  EXPECT_THAT(text_of(boost::system::system_error(code)), HasSubstr("LimitNOFILE="));
}

TEST(shortage, is_nothing_else) {
  EXPECT_FALSE(shortage_of(std::runtime_error("EMFILE")));
  EXPECT_FALSE(shortage_of(std::system_error(ENOENT, std::generic_category())));
  EXPECT_FALSE(shortage_of(std::system_error(EAGAIN, std::iostream_category())));
}

int start_with_few_descriptors() {
  rlimit limit{.rlim_cur = 20, .rlim_max = 20};
  setrlimit(RLIMIT_NOFILE, &limit);
  require_descriptors(4);
  try {
    require_descriptors(descriptors_to_start);
  } catch (const std::system_error& error) {
    return shortage_of(error) ? tests::child_passed : tests::child_failed;
  }
  return tests::child_failed;
}

TEST(descriptors, that_are_too_few_to_start_with_are_told_as_such) {
  EXPECT_EQ(tests::in_child(start_with_few_descriptors), tests::child_passed);
}

int raise_the_limit() {
  rlimit limit{.rlim_cur = 200, .rlim_max = 300};
  setrlimit(RLIMIT_NOFILE, &limit);
  raise_descriptor_limit();
  EXPECT_EQ(descriptor_limit(), 300);
  EXPECT_EQ(descriptor_limit_of_children().rlim_cur, 200U);
  EXPECT_EQ(descriptor_limit_of_children().rlim_max, 300U);
  return tests::child_passed;
}

TEST(descriptors, are_as_many_as_the_hard_limit_allows_and_for_children_as_before) {
  EXPECT_EQ(tests::in_child(raise_the_limit), tests::child_passed);
}

/// A user of its own, who may have one task more than there is.
int ask_for_threads_that_cannot_be_had() {
  constexpr uid_t nobody_else = 61'237;
  if (::setresuid(nobody_else, nobody_else, nobody_else) != 0) return tests::child_skipped;
  rlimit limit{.rlim_cur = 2, .rlim_max = 2};
  setrlimit(RLIMIT_NPROC, &limit);
  ::alarm(60);  // what hangs is ended
  try {
    const blocking_pool pool{4};
  } catch (const std::system_error& error) {
    return shortage_of(error) ? tests::child_passed : tests::child_failed;
  }
  return tests::child_failed;
}

TEST(threads, that_cannot_be_had_are_an_error_and_no_hang) {
  const int code = tests::in_child(ask_for_threads_that_cannot_be_had);
  if (code == tests::child_skipped) GTEST_SKIP() << "only root may become another user";
  EXPECT_EQ(code, tests::child_passed);
}

}  // namespace
}  // namespace tokensyncd
