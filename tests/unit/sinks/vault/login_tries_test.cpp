#include "daemon/sinks/vault/login/login_tries.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using permission = login_tries::permission;

constexpr login_tries::credentials first{1, 1};
constexpr login_tries::credentials second{1, 2};

TEST(login_tries, tries_the_same_credentials_twice_and_no_more_however_long_it_takes) {
  login_tries now;
  EXPECT_EQ(now.may_try(first, start), permission::may_try);
  now.refused(first);
  EXPECT_EQ(now.may_try(first, start), permission::may_try);
  now.refused(first);
  EXPECT_EQ(now.may_try(first, start), permission::given_up);
  EXPECT_EQ(now.may_try(first, start + 24h), permission::given_up);
}

TEST(login_tries, tries_others_at_once_and_an_operators_wish) {
  login_tries now;
  now.refused(first);
  now.refused(first);
  EXPECT_EQ(now.may_try(second, start), permission::may_try);
  now.refused(second);
  EXPECT_EQ(now.may_try(second, start), permission::may_try) << "each has two";
  now.refused(second);
  EXPECT_EQ(now.may_try(second, start), permission::given_up);
  now.forget();
  EXPECT_EQ(now.may_try(second, start), permission::may_try);
}

TEST(login_tries, waits_for_the_end_of_a_lockout_and_tries_then) {
  login_tries now;
  now.locked_out(first, start);
  EXPECT_EQ(now.may_try(first, start + 15min - 1ms), permission::locked_out);
  EXPECT_EQ(now.may_try(first, start + 15min), permission::may_try) << "others may have locked it";
  EXPECT_EQ(now.may_try(second, start), permission::may_try) << "others may be of another role";
}

TEST(login_tries, gives_up_after_a_lockout_what_was_refused_before) {
  login_tries now;
  now.refused(first);
  now.locked_out(first, start);
  now.refused(first);
  EXPECT_EQ(now.may_try(first, start + 1h), permission::given_up);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
