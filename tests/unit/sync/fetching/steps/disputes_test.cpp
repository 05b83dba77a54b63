#include "daemon/sync/fetching/steps/disputes.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

fingerprint token(std::uint8_t number) {
  fingerprint made;
  made.bytes[0] = number;
  return made;
}

struct a_dispute : testing::Test {
  disputes all;
  bool doubts(steady_time when, std::uint8_t number = 1, bool settled = true) {
    return all.doubts(7, token(number), disputes::for_old_token, settled, when);
  }
};

TEST_F(a_dispute, is_decided_by_a_minute_of_answers_that_agree) {
  EXPECT_FALSE(doubts(start));
  EXPECT_FALSE(doubts(start + 59s));
  EXPECT_TRUE(doubts(start + 60s));
}

TEST_F(a_dispute, begins_anew_with_another_token) {
  doubts(start);
  EXPECT_FALSE(doubts(start + 60s, 2));
  EXPECT_FALSE(doubts(start + 61s, 2));
}

TEST_F(a_dispute, takes_ten_minutes_once_answers_have_contradicted_each_other) {
  doubts(start);
  all.confirms(7, start + 1s);
  EXPECT_FALSE(all.is_open(7));
  EXPECT_FALSE(doubts(start + 2s));
  EXPECT_FALSE(doubts(start + 9min));
  all.confirms(7, start + 10min);
  EXPECT_FALSE(doubts(start + 11min));
  EXPECT_FALSE(doubts(start + 19min));
  EXPECT_TRUE(doubts(start + 21min)) << "ten minutes without a word for what is known";
}

TEST_F(a_dispute, is_won_by_most_answers_where_they_contradict_each_other) {
  auto when = start;
  doubts(when);
  all.confirms(7, when += 1s);
  for (int votes = 2; votes < 13; ++votes) EXPECT_FALSE(doubts(when += 20s)) << votes;
  EXPECT_TRUE(doubts(when += 20s)) << "13 to 1";
}

TEST_F(a_dispute, is_not_won_before_two_minutes_where_answers_contradict_each_other) {
  doubts(start);
  all.confirms(7, start);
  for (int votes = 0; votes < 30; ++votes) EXPECT_FALSE(doubts(start + 119s));
  EXPECT_TRUE(doubts(start + 120s));
}

TEST_F(a_dispute, is_lost_by_what_three_answers_in_ten_have) {
  auto when = start;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(doubts(when += 5s));
    for (int i = 0; i < 7; ++i) all.confirms(7, when += 5s);
  }
}

TEST_F(a_dispute, about_a_new_token_is_won_by_a_smaller_lead) {
  const auto sees_new = [this](steady_time when) {
    return all.doubts(7, token(1), disputes::for_new_token, true, when);
  };
  for (const auto after : {0ms, 250ms, 750ms}) EXPECT_FALSE(sees_new(start + after));
  EXPECT_TRUE(sees_new(start + 1750ms));
  all.decided(7);
  sees_new(start);
  all.confirms(7, start + 1s);
  for (int votes = 2; votes < 7; ++votes) EXPECT_FALSE(sees_new(start + 2s));
  EXPECT_TRUE(sees_new(start + 2s)) << "7 to 1";
}

TEST_F(a_dispute, keeps_a_token_suspect_until_another_one_is_believed) {
  EXPECT_FALSE(all.is_suspect(7, token(1)));
  doubts(start);
  all.suspects(7, token(1));
  all.confirms(7, start + 1h);
  all.confirms(7, start + 2h);
  EXPECT_TRUE(all.is_suspect(7, token(1)));
  EXPECT_FALSE(all.is_suspect(7, token(2)));
  EXPECT_FALSE(all.is_suspect(8, token(1)));
  all.decided(7);
  EXPECT_FALSE(all.is_suspect(7, token(1)));
}

TEST_F(a_dispute, wants_24_answers_soon_where_a_token_is_suspect) {
  doubts(start);
  all.confirms(7, start);
  EXPECT_FALSE(all.wants_more(7)) << "an old token again";
  all.suspects(7, token(2));
  for (int votes = 2; votes < 24; ++votes) {
    EXPECT_TRUE(all.wants_more(7));
    all.confirms(7, start);
  }
  EXPECT_FALSE(all.wants_more(7));
}

TEST_F(a_dispute, asks_again_after_250_ms_doubling_to_32_s) {
  for (const auto pause :
       {250ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16'000ms, 32'000ms, 32'000ms}) {
    doubts(start);
    EXPECT_EQ(all.pause(7), pause);
  }
  all.confirms(7, start);
  doubts(start);
  EXPECT_EQ(all.pause(7), 250ms);
}

TEST_F(a_dispute, is_shown_for_ten_minutes_unless_what_is_known_is_fresh) {
  doubts(start, 1, false);
  EXPECT_FALSE(all.disagree(7, start));
  doubts(start, 1, true);
  all.confirms(7, start + 1s);
  EXPECT_TRUE(all.disagree(7, start + 599s));
  EXPECT_FALSE(all.disagree(7, start + 600s));
  EXPECT_FALSE(all.disagree(8, start));
}

}  // namespace
}  // namespace tokensyncd::sync
