#include "daemon/sync/fetching/steps/retry_policy.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

/// A failure of a workspace that is polled each minute; no jitter is added to its retry.
failed_check failure_number(unsigned failures) {
  failed_check made;
  made.now = start;
  made.failures = failures;
  made.interval = 60s;
  return made;
}

struct the_retry_policy : testing::Test {
  retry_policy of_daemon{true};
  retry_policy of_once{false};
};

TEST_F(the_retry_policy, polls_at_the_regular_time_after_an_answer) {
  answered_check check;
  check.now = start;
  const next_check_plan next = retry_policy::after(check);
  EXPECT_FALSE(next.when);
  EXPECT_TRUE(next.is_regular);
  EXPECT_EQ(next.rank, priority::poll);
  EXPECT_EQ(next.why, trigger::poll);
}

TEST_F(the_retry_policy, repeats_an_announced_check_no_later_than_the_regular_one) {
  answered_check check;
  check.now = start;
  check.repetition = start + 250ms;
  check.vote_after = 1s;
  const next_check_plan next = retry_policy::after(check);
  EXPECT_EQ(next.when, start + 250ms);
  EXPECT_TRUE(next.is_regular);
  EXPECT_EQ(next.rank, priority::out_of_sync);
  EXPECT_EQ(next.why, trigger::webhook);
}

TEST_F(the_retry_policy, names_the_command_where_our_own_rotation_is_in_doubt) {
  answered_check answered;
  answered.repetition = start;
  answered.pending = pending_rotation::ordered;
  EXPECT_EQ(retry_policy::after(answered).why, trigger::command);
  failed_check failed = failure_number(1);
  failed.pending = pending_rotation::ordered;
  failed.failures_since_event = 1;
  EXPECT_EQ(of_daemon.after(failed).why, trigger::command);
}

TEST_F(the_retry_policy, asks_soon_where_answers_disagree) {
  answered_check check;
  check.now = start;
  check.vote_after = 500ms;
  const next_check_plan next = retry_policy::after(check);
  EXPECT_EQ(next.when, start + 500ms);
  EXPECT_FALSE(next.is_regular);
  EXPECT_EQ(next.rank, priority::out_of_sync);
}

TEST_F(the_retry_policy, retries_a_first_failure_after_one_to_two_seconds) {
  failed_check check = failure_number(1);
  EXPECT_EQ(of_daemon.after(check).when, start + 1s);
  check.jitter = 0.5;
  const next_check_plan next = of_daemon.after(check);
  EXPECT_EQ(next.when, start + 1500ms);
  EXPECT_EQ(next.rank, priority::retry);
}

TEST_F(the_retry_policy, of_a_daemon_then_waits_for_the_regular_time) {
  const next_check_plan next = of_daemon.after(failure_number(2));
  EXPECT_FALSE(next.when);
  EXPECT_TRUE(next.is_regular);
  EXPECT_EQ(next.rank, priority::poll);
}

TEST_F(the_retry_policy, of_once_backs_off_to_15_seconds) {
  EXPECT_EQ(of_once.after(failure_number(2)).when, start + 2s);
  EXPECT_EQ(of_once.after(failure_number(4)).when, start + 8s);
  EXPECT_EQ(of_once.after(failure_number(9)).when, start + 15s);
}

TEST_F(the_retry_policy, does_not_hurry_where_the_api_denies_a_workspace) {
  failed_check check = failure_number(1);
  check.may_pass = false;
  check.failures_since_event = 1;
  EXPECT_TRUE(of_daemon.after(check).is_regular);
}

TEST_F(the_retry_policy, retries_an_announced_check_until_it_is_answered) {
  failed_check check = failure_number(9);
  check.failures_since_event = 3;
  const next_check_plan next = of_daemon.after(check);
  EXPECT_EQ(next.when, start + 4s);
  EXPECT_EQ(next.rank, priority::retry);
  EXPECT_EQ(next.why, trigger::webhook);

  check.failures_since_event = 20;
  EXPECT_EQ(of_daemon.after(check).when, start + 60s) << "as often as it is polled";
  check.interval = 1h;
  EXPECT_EQ(of_daemon.after(check).when, start + 5min);
  EXPECT_EQ(of_once.after(check).when, start + 15s);
}

TEST_F(the_retry_policy, moves_a_repetition_behind_the_pause_after_a_failure) {
  failed_check check = failure_number(1);
  check.repetition = start + 250ms;
  EXPECT_EQ(of_daemon.after(check).when, start + 1s);
  check.repetition = start + 5s;
  EXPECT_EQ(of_daemon.after(check).when, start + 5s);
}

TEST_F(the_retry_policy, keeps_the_trigger_of_a_start_and_ends_that_of_an_event) {
  failed_check check = failure_number(1);
  check.why = trigger::startup;
  EXPECT_EQ(of_daemon.after(check).why, trigger::startup);
  check.why = trigger::webhook;
  EXPECT_EQ(of_daemon.after(check).why, trigger::poll);
  check.why = trigger::command;
  EXPECT_EQ(of_daemon.after(check).why, trigger::poll);
}

}  // namespace
}  // namespace tokensyncd::sync
