#include "daemon/sinks/vault/login/lease.hpp"

#include <chrono>
#include <limits>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using action = lease_step::action;

constexpr steady_time given{1000h};
constexpr double jitters[] = {0.0, 0.25, 0.5, 0.999};

constexpr lease renewable_for(std::chrono::seconds ttl) {
  return {given, ttl, true};
}

constexpr lease fixed_for(std::chrono::seconds ttl) {
  return {given, ttl, false};
}

TEST(lease, of_ttl_0_never_ends_and_needs_nothing) {
  for (const lease& root : {renewable_for(0s), fixed_for(0s)}) {
    EXPECT_EQ(root.ends(), steady_time::max());
    const auto step = next_step(root, 3, given, 0.5);
    EXPECT_EQ(step.what, action::nothing);
    EXPECT_EQ(step.when, steady_time::max());
  }
}

TEST(lease, ends_a_ttl_after_it_was_given) {
  EXPECT_EQ(renewable_for(60s).ends(), given + 60s);
}

TEST(lease, is_renewed_at_two_thirds_or_up_to_a_tenth_before_by_chance) {
  const auto latest = next_step(renewable_for(3000s), 0, {}, 0.0);
  EXPECT_EQ(latest.what, action::renew);
  EXPECT_EQ(latest.when, given + 2000s);
  const auto middle = next_step(renewable_for(3000s), 0, {}, 0.5);
  EXPECT_LE(middle.when, given + 1850s);
  EXPECT_GT(middle.when, given + 1849s);
  const auto earliest = next_step(renewable_for(3000s), 0, {}, 0.999999);
  EXPECT_EQ(earliest.what, action::renew);
  EXPECT_GE(earliest.when, given + 1700s);
  EXPECT_LT(earliest.when, given + 1701s);
}

TEST(lease, is_replaced_at_nine_tenths_where_it_can_not_be_renewed) {
  for (const double jitter : jitters) {
    const auto step = next_step(fixed_for(1000s), 0, {}, jitter);
    EXPECT_EQ(step.what, action::log_in);
    EXPECT_EQ(step.when, given + 900s);
  }
}

TEST(lease, of_a_second_is_not_asked_for_without_a_pause) {
  const auto fixed = next_step(fixed_for(1s), 0, {}, 0.5);
  EXPECT_EQ(fixed.what, action::log_in);
  EXPECT_EQ(fixed.when, given + 1s);
  for (const double jitter : jitters) {
    const auto step = next_step(renewable_for(1s), 0, {}, jitter);
    EXPECT_EQ(step.what, action::renew);
    EXPECT_GE(step.when, given + 500ms);
    EXPECT_LT(step.when, given + 1s);
  }
}

TEST(lease, is_tried_again_after_ever_longer_waits_while_renewals_fail) {
  const lease day = renewable_for(86'400s);
  steady_time tried = given + 57'600s;
  std::chrono::nanoseconds before = 0s;
  for (unsigned failures = 1; failures < 12; ++failures) {
    const auto step = next_step(day, failures, tried, 0.0);
    EXPECT_EQ(step.what, action::renew);
    const auto wait = step.when - tried;
    EXPECT_GE(wait, before);
    EXPECT_GE(wait, 750ms);
    EXPECT_LE(wait, 60s);
    before = wait;
    tried = step.when;
  }
  EXPECT_EQ(before, 45s);
}

TEST(lease, is_never_renewed_before_its_time_however_long_ago_the_failure) {
  const auto step = next_step(renewable_for(3000s), 1, given, 0.0);
  EXPECT_EQ(step.when, given + 2000s);
}

/// What a token does whose renewals (and then logins) all fail, from the first on.
struct course {
  steady_time first_login = steady_time::max();
  unsigned renewals = 0;
  unsigned logins_in_time = 0;
  std::chrono::nanoseconds shortest_wait_between_logins = 24h;
};

course all_fails(const lease& of, double jitter) {
  course seen;
  steady_time tried{};
  for (unsigned failures = 0;; ++failures) {
    const auto step = next_step(of, failures, tried, jitter);
    if (step.when >= of.ends()) return seen;
    if (step.what == action::renew) {
      EXPECT_EQ(seen.first_login, steady_time::max()) << "a renewal after a login";
      ++seen.renewals;
    } else if (seen.logins_in_time++ == 0) {
      seen.first_login = step.when;
    } else {
      seen.shortest_wait_between_logins =
          std::min(seen.shortest_wait_between_logins, step.when - tried);
    }
    tried = step.when;
  }
}

TEST(lease, asks_for_a_login_before_its_end_when_renewals_fail) {
  for (const auto ttl : {20s, 60s, 100s, 300s, 600s, 3600s, 86'400s}) {
    for (const double jitter : jitters) {
      const lease of = renewable_for(ttl);
      const auto seen = all_fails(of, jitter);
      EXPECT_GE(seen.renewals, 2U) << ttl.count();
      EXPECT_GE(seen.logins_in_time, 1U) << ttl.count() << " s, jitter " << jitter;
      EXPECT_EQ(seen.first_login, given + ttl * 9 / 10) << ttl.count();
      EXPECT_GE(seen.shortest_wait_between_logins, 750ms);
    }
  }
}

TEST(lease, backs_off_from_logins_that_fail_too) {
  const lease of = renewable_for(3000s);
  const steady_time tried = given + 2701s;
  EXPECT_EQ(next_step(of, 4, tried, 0.0).what, action::log_in);
  EXPECT_EQ(next_step(of, 4, tried, 0.0).when, tried + 6s);
  EXPECT_EQ(next_step(fixed_for(3000s), 4, tried, 0.0).when, tried + 6s);
}

TEST(lease, takes_the_answer_of_a_renewal) {
  const auto next = renewed(renewable_for(60s), {given + 40s, 60s, true});
  EXPECT_EQ(next.since, given + 40s);
  EXPECT_EQ(next.ttl, 60s);
  EXPECT_TRUE(next.renewable);
  EXPECT_FALSE(renewed(renewable_for(60s), {given + 40s, 60s, false}).renewable);
}

TEST(lease, is_not_renewed_again_when_a_renewal_gave_less_than_half) {
  EXPECT_TRUE(renewed(renewable_for(60s), {given, 30s, true}).renewable);
  EXPECT_FALSE(renewed(renewable_for(60s), {given, 29s, true}).renewable);
}

TEST(lease, does_not_become_endless_by_a_renewal_that_gave_no_time) {
  // The last second of the longest life is rounded to 0.
  const auto next = renewed(renewable_for(60s), {given + 40s, 0s, true});
  EXPECT_EQ(next.ends(), given + 60s);
  EXPECT_FALSE(next.renewable);
  EXPECT_EQ(next_step(next, 0, {}, 0.5).what, action::log_in);
  EXPECT_EQ(renewed(renewable_for(60s), {given + 40s, -5s, true}).ends(), given + 60s);
}

TEST(lease, ends_some_time_however_long_a_renewal_says_that_it_is_good) {
  constexpr std::chrono::seconds absurd{std::numeric_limits<std::int64_t>::max()};
  const auto next = renewed(renewable_for(60s), {given + 40s, absurd, true});
  EXPECT_GT(next.ends(), given + 24h * 365);
  EXPECT_LT(next.ends(), steady_time::max());
}

TEST(login_backoff, doubles_from_a_second_to_a_minute) {
  EXPECT_EQ(login_backoff(0, 0.5), 0ms);
  constexpr double most = 0.999999;
  EXPECT_EQ(login_backoff(1, most), 1s);
  EXPECT_EQ(login_backoff(2, most), 2s);
  EXPECT_EQ(login_backoff(3, most), 4s);
  EXPECT_EQ(login_backoff(6, most), 32s);
  EXPECT_EQ(login_backoff(7, most), 60s);
  EXPECT_EQ(login_backoff(std::numeric_limits<unsigned>::max(), most), 60s);
}

TEST(login_backoff, is_up_to_a_quarter_less_by_chance) {
  EXPECT_EQ(login_backoff(1, 0.0), 750ms);
  EXPECT_EQ(login_backoff(7, 0.0), 45s);
  EXPECT_EQ(login_backoff(7, 0.5), 52'500ms);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
