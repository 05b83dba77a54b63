#include "daemon/sync/dispatch/upstream.hpp"

#include <chrono>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct upstream_test : testing::Test {
  upstream api;
  steady_time now = start;
  std::size_t fleet = 1;

  blame answer(std::uint32_t workspace, std::optional<failure_kind> kind,
               std::optional<milliseconds> retry_after = {},
               std::optional<steady_time> asked = {}) {
    api.asked(now);
    const failure error{kind.value_or(failure_kind::io_error), "it failed"};
    const upstream::outcome what{workspace, kind ? &error : nullptr, asked.value_or(now),
                                 retry_after, fleet};
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
  EXPECT_EQ(api.opens_at(now), now + 7s);
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
    EXPECT_EQ(api.opens_at(now) - now, expected);
    now = api.opens_at(now);
  }
  answer(1, std::nullopt);
  EXPECT_EQ(api.state(), upstream_state::normal);
  answer(1, failure_kind::throttled);
  EXPECT_EQ(api.opens_at(now) - now, 1s);
}

TEST_F(upstream_test,
       answers_to_questions_from_before_a_throttle_count_it_once_and_do_not_lift_it) {
  const steady_time before = now;
  now += 10ms;
  answer(1, failure_kind::throttled, {}, before);
  now += 1ms;
  answer(2, failure_kind::throttled, {}, before);
  EXPECT_FALSE(api.throttle_began());
  EXPECT_EQ(api.paused_until(), start + 10ms + 1s);
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
      EXPECT_EQ(api.opens_at(now) - now, expected) << to_string(kind);
      EXPECT_FALSE(api.may_ask(now));
      now = api.opens_at(now);
      EXPECT_TRUE(api.may_ask(now));
    }
    api.asked(now);
    EXPECT_FALSE(api.may_ask(now + 1h)) << "a second probe beside the first";
    EXPECT_EQ(api.opens_at(now + 1h), steady_time::max());
    api.abandoned(now);
    EXPECT_FALSE(api.may_ask(now)) << "else one that fails at once would follow the other";
    now = api.opens_at(now);
    EXPECT_TRUE(api.may_ask(now));
    answer(1, std::nullopt);
    EXPECT_EQ(api.state(), upstream_state::normal);
  }
}

TEST_F(upstream_test, failures_that_began_together_set_one_probe) {
  answer(1, failure_kind::unreachable);
  const auto opens = api.opens_at(now);
  for (std::uint32_t other = 2; other < 10; ++other) answer(other, failure_kind::unreachable);
  EXPECT_EQ(api.opens_at(now), opens);
}

TEST_F(upstream_test, a_refusal_or_a_throttle_is_the_workspace_s_own_while_others_may_be_answered) {
  fleet = 5;
  for (const auto kind :
       {failure_kind::bad_signature, failure_kind::partner_refused, failure_kind::throttled,
        failure_kind::edge_refused, failure_kind::server_error, failure_kind::malformed}) {
    api = upstream{};
    for (std::uint32_t bad = 1; bad < fleet; ++bad) {
      EXPECT_EQ(answer(bad, kind, 600s), blame::workspace) << to_string(kind);
      EXPECT_TRUE(api.may_ask(now));
    }
    EXPECT_EQ(answer(5, kind, 600s), blame::upstream) << "when nobody is left";
    EXPECT_FALSE(api.may_ask(now));
  }
}

TEST_F(upstream_test, of_many_a_sample_in_a_row_is_enough) {
  fleet = 100'000;
  for (std::uint32_t bad = 1; bad < upstream::sample; ++bad) {
    EXPECT_EQ(answer(bad, failure_kind::server_error), blame::workspace);
  }
  EXPECT_EQ(answer(99, failure_kind::server_error), blame::upstream);
}

TEST_F(upstream_test, an_answer_in_between_starts_the_count_again) {
  fleet = 3;
  answer(1, failure_kind::server_error);
  answer(2, failure_kind::server_error);
  now += 1s;
  answer(3, std::nullopt);
  EXPECT_EQ(api.standing_of(1), upstream::standing::bad);
  EXPECT_EQ(api.standing_of(3), upstream::standing::good);
  EXPECT_EQ(answer(3, failure_kind::server_error), blame::workspace);
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, an_answer_to_a_question_from_before_a_failure_says_nothing_about_that) {
  fleet = 2;
  answer(1, failure_kind::bad_signature);
  answer(2, std::nullopt, {}, now - 1ms);
  EXPECT_EQ(api.standing_of(1), upstream::standing::suspect);
  EXPECT_EQ(answer(2, failure_kind::bad_signature), blame::upstream);
}

TEST_F(upstream_test, less_than_three_that_are_answered_badly_are_no_outage) {
  fleet = 2;
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(answer(1, failure_kind::server_error), blame::workspace);
    EXPECT_EQ(answer(2, failure_kind::timed_out), blame::workspace);
  }
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, those_that_fail_for_long_do_not_count_again) {
  fleet = 10;
  for (std::uint32_t bad = 1; bad <= 5; ++bad) {
    EXPECT_EQ(answer(bad, failure_kind::timed_out), blame::workspace);
    answer(9, std::nullopt);
  }
  for (std::uint32_t bad = 1; bad <= 5; ++bad) {
    EXPECT_EQ(answer(bad, failure_kind::timed_out), blame::workspace);
    EXPECT_EQ(api.standing_of(bad), upstream::standing::bad);
  }
  EXPECT_TRUE(api.may_ask(now));
}

TEST_F(upstream_test, those_that_fail_for_long_keep_no_outage_from_being_known) {
  fleet = 5;
  for (std::uint32_t bad = 1; bad <= 2; ++bad) {
    answer(bad, failure_kind::bad_signature);
    answer(5, std::nullopt);
  }
  EXPECT_EQ(answer(3, failure_kind::bad_signature), blame::workspace);
  EXPECT_EQ(answer(4, failure_kind::bad_signature), blame::workspace);
  EXPECT_EQ(answer(5, failure_kind::bad_signature), blame::upstream)
      << "all that might be answered have failed";
}

TEST_F(upstream_test,
       a_throttled_workspace_waits_alone_as_long_as_it_was_told_or_longer_each_time) {
  fleet = 2;
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    EXPECT_EQ(answer(1, failure_kind::throttled), blame::workspace);
    EXPECT_EQ(api.own_pause(), expected);
    now += 1s;
    answer(2, std::nullopt);
    EXPECT_EQ(api.own_pause(), 0s);
  }
  answer(1, failure_kind::throttled, 600s);
  EXPECT_EQ(api.own_pause(), 600s);
}

TEST_F(upstream_test, throttles_that_pass_at_now_this_one_and_now_that_one_are_everybody_s) {
  fleet = 10;
  for (std::uint32_t one = 1; one <= 3; ++one) {
    EXPECT_EQ(api.state(), upstream_state::normal);
    answer(one, failure_kind::throttled);
    now += 1s;
    answer(9, std::nullopt);
    answer(one, std::nullopt);
  }
  EXPECT_EQ(api.state(), upstream_state::throttled);
  EXPECT_TRUE(api.throttle_began());
  EXPECT_EQ(api.opens_at(now), now + 1s);
}

TEST_F(upstream_test,
       wants_a_sample_of_the_good_ones_once_several_have_failed_but_not_after_throttles) {
  fleet = 10;
  answer(1, failure_kind::server_error);
  answer(2, failure_kind::server_error);
  EXPECT_EQ(api.next_sample(), steady_time::max());
  answer(3, failure_kind::server_error);
  EXPECT_EQ(api.next_sample(), now + 250ms);
  now += 1s;
  answer(4, std::nullopt);
  EXPECT_EQ(api.next_sample(), steady_time::max());
  answer(5, failure_kind::bad_signature);
  EXPECT_EQ(api.next_sample(), now + 250ms) << "a refusal that may be for all";

  api = upstream{};
  for (std::uint32_t bad = 1; bad <= 5; ++bad) answer(bad, failure_kind::throttled);
  EXPECT_EQ(api.next_sample(), steady_time::max());
}

TEST_F(upstream_test, names_those_that_are_to_be_asked_again_when_an_outage_ends) {
  fleet = 3;
  for (std::uint32_t one = 1; one <= 3; ++one) answer(one, failure_kind::server_error);
  ASSERT_EQ(api.state(), upstream_state::down);
  now = api.opens_at(now);
  answer(2, std::nullopt);
  EXPECT_EQ(api.take_released(), (std::vector<std::uint32_t>{1, 3}));
  EXPECT_TRUE(api.take_released().empty());
  EXPECT_EQ(api.standing_of(1), upstream::standing::good) << "it was not its fault";
}

TEST_F(upstream_test, what_fails_that_was_asked_before_the_end_says_nothing_any_more) {
  answer(1, failure_kind::unreachable);
  now = api.opens_at(now);
  const auto before = now;
  now += 1s;
  answer(1, std::nullopt);
  now += 1s;
  EXPECT_EQ(answer(2, failure_kind::bad_signature, {}, before), blame::upstream);
  EXPECT_TRUE(api.is_from_outage());
  EXPECT_TRUE(api.may_ask(now));
  EXPECT_EQ(api.standing_of(2), upstream::standing::good);
  EXPECT_EQ(answer(2, failure_kind::bad_signature), blame::upstream);
  EXPECT_FALSE(api.is_from_outage());
}

TEST_F(upstream_test, throttles_of_one_workspace_that_pass_slow_nobody_else) {
  fleet = 10;
  for (int i = 0; i < 30; ++i) {
    answer(1, failure_kind::throttled);
    now += 1s;
    answer(9, std::nullopt);
    answer(1, std::nullopt);
  }
  answer(2, failure_kind::throttled);
  now += 1s;
  answer(9, std::nullopt);
  answer(2, std::nullopt);
  EXPECT_EQ(api.state(), upstream_state::normal) << "two of them are no more";
}

TEST_F(upstream_test, some_connections_that_fail_are_no_outage) {
  fleet = 40;
  for (const auto kind : {failure_kind::unreachable, failure_kind::tls}) {
    for (std::uint32_t one = 1; one <= 200; ++one) {
      EXPECT_EQ(answer(1 + one % 4, kind), blame::workspace);
      EXPECT_TRUE(api.may_ask(now));
      now += 100ms;
      answer(9, std::nullopt);
    }
    for (std::uint32_t one = 1; one < fleet; ++one) answer(one, kind);
    EXPECT_EQ(api.state(), upstream_state::normal);
    answer(40, kind);
    EXPECT_EQ(api.state(), upstream_state::down) << "when no connection can be made";
    now = api.opens_at(now);
    answer(1, std::nullopt);
  }
}

TEST_F(upstream_test, the_longest_pause_that_one_of_all_was_told_holds_for_all) {
  fleet = 2;
  answer(1, failure_kind::throttled, 600s);
  answer(2, failure_kind::throttled, 5s);
  EXPECT_EQ(api.opens_at(now), now + 600s);
}

TEST_F(upstream_test, a_sign_of_life_brings_a_probe_at_once_and_the_next_ones_soon) {
  for (int i = 0; i < 8; ++i) {
    answer(1, failure_kind::unreachable);
    now = api.opens_at(now);
  }
  answer(1, failure_kind::unreachable);
  now += 10s;
  EXPECT_FALSE(api.may_ask(now));
  api.sign_of_life(now);
  EXPECT_TRUE(api.may_ask(now));
  for (const auto expected : {1s, 2s, 4s, 4s, 4s}) {
    answer(1, failure_kind::unreachable);
    EXPECT_EQ(api.opens_at(now) - now, expected);
    now = api.opens_at(now);
  }
  now += 1min;
  answer(1, failure_kind::unreachable);
  EXPECT_EQ(api.opens_at(now) - now, 8s);
}

TEST_F(upstream_test, many_signs_of_life_bring_one_probe_a_second) {
  answer(1, failure_kind::unreachable);
  api.sign_of_life(now);
  EXPECT_EQ(api.opens_at(now), now + 1s);
  now += 1s;
  answer(1, failure_kind::unreachable);
  for (int i = 0; i < 100; ++i) api.sign_of_life(now += 1ms);
  EXPECT_FALSE(api.may_ask(now));
}

TEST_F(upstream_test, a_sign_of_life_does_not_wait_for_a_probe_that_hangs) {
  answer(1, failure_kind::unreachable);
  now = api.opens_at(now);
  api.asked(now);
  now += 5s;
  EXPECT_FALSE(api.may_ask(now));
  api.sign_of_life(now);
  EXPECT_TRUE(api.may_ask(now));
  api.asked(now);
  EXPECT_FALSE(api.may_ask(now + 1min)) << "two at most";
}

TEST_F(upstream_test, a_sign_of_life_ends_no_throttle) {
  answer(1, failure_kind::throttled, 60s);
  api.sign_of_life(now);
  EXPECT_EQ(api.opens_at(now), start + 60s);
}

TEST_F(upstream_test, a_throttle_too_ends_with_one_probe) {
  answer(1, failure_kind::throttled, 5s);
  now += 5s;
  EXPECT_TRUE(api.may_ask(now));
  api.asked(now);
  EXPECT_FALSE(api.may_ask(now));
}

TEST_F(upstream_test, an_outage_during_a_throttle_does_not_shorten_it) {
  answer(1, failure_kind::throttled, 60s);
  answer(2, failure_kind::unreachable, {}, start);
  EXPECT_FALSE(api.may_ask(start + 59s));
}

}  // namespace
}  // namespace tokensyncd::sync
