#include "daemon/sync/disputes.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1000h};

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
