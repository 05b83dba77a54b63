#include "daemon/sync/upstream.hpp"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr steady_time start{1h};

struct upstream_test : testing::Test {
  upstream api;
  steady_time now = start;

  blame answer(std::uint32_t workspace, std::optional<failure_kind> kind,
               std::optional<milliseconds> retry_after = {},
               std::optional<steady_time> asked = {}) {
    api.asked();
    const failure error{kind.value_or(failure_kind::io_error), "it failed"};
    const upstream::outcome what{workspace, kind ? &error : nullptr, asked.value_or(now),
                                 retry_after};
    return api.answered(what, now, 1.0);
  }
};

TEST_F(upstream_test, is_open_at_first_and_after_answers) {
  EXPECT_TRUE(api.may_ask(now));
  EXPECT_EQ(answer(1, std::nullopt), blame::nobody);
  EXPECT_EQ(answer(1, failure_kind::gone), blame::workspace);
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, a_throttle_pauses_everybody_for_as_long_as_it_says) {
  EXPECT_EQ(answer(1, failure_kind::throttled, 7s), blame::upstream);
  EXPECT_TRUE(api.throttle_began());
  EXPECT_FALSE(api.may_ask(now + 7s - 1ns));
  EXPECT_TRUE(api.may_ask(now + 7s));
  EXPECT_EQ(api.opens_at(), now + 7s);
}

TEST_F(upstream_test, believes_retry_after_up_to_ten_minutes_and_nothing_that_is_not_positive) {
  EXPECT_EQ(believed_retry_after(24h), 10min);
  EXPECT_EQ(believed_retry_after(1ms), 1ms);
  EXPECT_EQ(believed_retry_after(0ms), std::nullopt);
  EXPECT_EQ(believed_retry_after(-5s), std::nullopt);
  EXPECT_EQ(believed_retry_after(std::nullopt), std::nullopt);
}

TEST_F(upstream_test, a_throttle_that_names_no_time_doubles_from_a_second_to_a_minute) {
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    answer(1, failure_kind::throttled);
    EXPECT_EQ(api.opens_at() - now, expected);
    now = api.opens_at();
  }
  answer(1, std::nullopt);
  EXPECT_EQ(api.state(), upstream_state::normal);
  answer(1, failure_kind::throttled);
  EXPECT_EQ(api.opens_at() - now, 1s);
}

TEST_F(upstream_test,
       answers_to_questions_from_before_a_throttle_count_it_once_and_do_not_lift_it) {
  const steady_time before = now;
  now += 10ms;
  answer(1, failure_kind::throttled, {}, before);
  now += 1ms;
  answer(2, failure_kind::throttled, {}, before);
  EXPECT_FALSE(api.throttle_began());
  EXPECT_EQ(api.opens_at(), start + 10ms + 1s);
  answer(3, std::nullopt, {}, before);
  EXPECT_FALSE(api.may_ask(now));
}

TEST_F(upstream_test, what_concerns_everybody_leaves_one_probe_at_a_time_with_growing_pauses) {
  for (const auto kind :
       {failure_kind::unreachable, failure_kind::tls, failure_kind::bad_signature,
        failure_kind::unauthorized, failure_kind::clock_skew, failure_kind::partner_refused}) {
    api = upstream{};
    now = start;
    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      EXPECT_EQ(answer(1, kind), blame::upstream);
      EXPECT_EQ(api.opens_at() - now, expected) << to_string(kind);
      EXPECT_FALSE(api.may_ask(now));
      now = api.opens_at();
      EXPECT_TRUE(api.may_ask(now));
    }
    api.asked();
    EXPECT_FALSE(api.may_ask(now + 1h)) << "a second probe beside the first";
    api.abandoned();
    EXPECT_TRUE(api.may_ask(now));
    answer(1, std::nullopt);
    EXPECT_EQ(api.state(), upstream_state::normal);
  }
}

TEST_F(upstream_test, failures_that_began_together_set_one_probe) {
  answer(1, failure_kind::unreachable);
  const auto opens = api.opens_at();
  for (std::uint32_t other = 2; other < 10; ++other) answer(other, failure_kind::unreachable);
  EXPECT_EQ(api.opens_at(), opens);
}

TEST_F(upstream_test, server_errors_are_a_workspace_s_own_until_three_have_them) {
  EXPECT_EQ(answer(1, failure_kind::server_error), blame::workspace);
  EXPECT_EQ(answer(1, failure_kind::server_error), blame::workspace);
  EXPECT_EQ(answer(2, failure_kind::timed_out), blame::workspace);
  EXPECT_TRUE(api.may_ask(now));
  EXPECT_EQ(answer(3, failure_kind::request_refused), blame::upstream);
  EXPECT_FALSE(api.may_ask(now));
}

TEST_F(upstream_test, a_success_in_between_starts_the_count_again) {
  answer(1, failure_kind::server_error);
  answer(2, failure_kind::server_error);
  answer(4, std::nullopt);
  EXPECT_EQ(answer(3, failure_kind::server_error), blame::workspace);
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, those_that_fail_for_long_do_not_count_again) {
  for (std::uint32_t bad = 1; bad <= 5; ++bad) {
    EXPECT_EQ(answer(bad, failure_kind::timed_out), blame::workspace);
    answer(9, std::nullopt);
  }
  for (std::uint32_t bad = 1; bad <= 5; ++bad) {
    EXPECT_EQ(answer(bad, failure_kind::timed_out), blame::workspace);
  }
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, the_edge_s_refusal_pauses_all_until_it_sticks_to_one_while_others_succeed) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(answer(1, failure_kind::edge_refused), blame::upstream);
    now = api.opens_at();
    answer(2, std::nullopt);
  }
  EXPECT_EQ(answer(1, failure_kind::edge_refused), blame::workspace);
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, the_edge_s_refusal_stays_everybody_s_while_nobody_succeeds) {
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(answer(1, failure_kind::edge_refused), blame::upstream);
    now = api.opens_at();
  }
}

TEST_F(upstream_test, an_outage_during_a_throttle_does_not_shorten_it) {
  answer(1, failure_kind::throttled, 60s);
  answer(2, failure_kind::unreachable, {}, start);
  EXPECT_FALSE(api.may_ask(start + 59s));
}

}  // namespace
}  // namespace tokensyncd::sync
