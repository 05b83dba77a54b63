#include "daemon/sinks/vault/login/login_retry.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

trouble trouble_of(cause why, const std::string& sentence = "it failed") {
  return {why, {failure_kind::unreachable, sentence}};
}

TEST(login_retry, waits_longer_after_each_login_that_failed) {
  login_retry retry;
  EXPECT_EQ(retry.next_login(), steady_time::min());
  retry.login_failed(trouble_of(cause::unreached), start, 0);
  EXPECT_EQ(retry.next_login(), start + 750ms) << "a second, and a quarter less by jitter";
  retry.login_failed(trouble_of(cause::unreached), start + 1s, 0);
  EXPECT_EQ(retry.next_login(), start + 2500ms);
  EXPECT_EQ(retry.failures(), 2U);
  EXPECT_EQ(retry.last_failure(), start + 1s);
}

TEST(login_retry, reports_another_cause_and_the_same_one_once) {
  login_retry retry;
  EXPECT_TRUE(retry.login_failed(trouble_of(cause::unreached, "10.0.0.1 refuses"), start, 0));
  EXPECT_FALSE(retry.login_failed(trouble_of(cause::unreached, "10.0.0.2 refuses"), start, 0));
  EXPECT_TRUE(retry.login_failed(trouble_of(cause::sealed), start, 0));
}

TEST(login_retry, reports_another_reason_why_there_are_no_credentials) {
  login_retry retry;
  EXPECT_TRUE(retry.login_failed(trouble_of(cause::no_token, "no secret id"), start, 0));
  EXPECT_FALSE(retry.login_failed(trouble_of(cause::no_token, "no secret id"), start, 0));
  EXPECT_TRUE(retry.login_failed(trouble_of(cause::no_token, "no role id"), start, 0));
}

TEST(login_retry, reports_a_cause_again_after_a_login_that_worked) {
  login_retry retry;
  retry.login_failed(trouble_of(cause::sealed), start, 0);
  retry.logged_in();
  EXPECT_FALSE(retry.why());
  EXPECT_EQ(retry.failures(), 0U);
  EXPECT_EQ(retry.next_login(), steady_time::min());
  EXPECT_TRUE(retry.login_failed(trouble_of(cause::sealed), start, 0));
}

TEST(login_retry, puts_off_no_login_after_a_renewal_that_failed) {
  login_retry retry;
  retry.renewal_failed(start);
  EXPECT_EQ(retry.failures(), 1U);
  EXPECT_EQ(retry.last_failure(), start);
  EXPECT_EQ(retry.next_login(), steady_time::min());
  EXPECT_FALSE(retry.why());
  retry.renewed();
  EXPECT_EQ(retry.failures(), 0U);
}

TEST(login_retry, may_be_made_at_once_and_keeps_its_trouble_until_a_login_works) {
  login_retry retry;
  retry.login_failed(trouble_of(cause::sealed), start, 0);
  retry.retry_now();
  EXPECT_EQ(retry.next_login(), steady_time::min());
  ASSERT_TRUE(retry.why());
  EXPECT_EQ(retry.why()->why, cause::sealed);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
