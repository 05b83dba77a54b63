#include "daemon/sinks/vault/login/login_proof.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

TEST(login_proof, is_due_an_interval_after_the_last_login_that_worked) {
  login_proof proof{5min};
  EXPECT_EQ(proof.next(), steady_time::max()) << "the first login comes before";
  proof.passed(start, 0);
  EXPECT_EQ(proof.next(), start + 5min);
  proof.passed(start + 1min, 0.5);
  EXPECT_EQ(proof.next(), start + 1min + 285s) << "many sinks don't come together";
}

TEST(login_proof, waits_longer_where_each_leaves_a_token_behind) {
  login_proof proof{5min};
  proof.passed(start, 0, 40min);
  EXPECT_EQ(proof.next(), start + 40min);
  proof.passed(start, 0, 1s);
  EXPECT_EQ(proof.next(), start + 5min);
}

TEST(login_proof, is_not_repeated_where_it_was_refused_until_an_operator_asks) {
  login_proof proof{5min};
  proof.passed(start, 0);
  proof.refused();
  EXPECT_EQ(proof.next(), steady_time::max());
  proof.ask_anew(start + 1h);
  EXPECT_EQ(proof.next(), start + 1h);
}

TEST(login_proof, is_never_due_where_it_is_turned_off) {
  login_proof proof{0ms};
  proof.passed(start, 0, 1h);
  EXPECT_EQ(proof.next(), steady_time::max());
  proof.ask_anew(start);
  EXPECT_EQ(proof.next(), steady_time::max());
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
