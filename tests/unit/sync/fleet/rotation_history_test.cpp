#include "daemon/sync/fleet/rotation_history.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr wall_time noon{12h};

struct a_rotation_history : testing::Test {
  void rotate(std::uint32_t slot, std::uint32_t generation) {
    const revision now{generation, {}, noon};
    revision_event event{"acme", trigger::webhook, now, before};
    event.times = {noon, noon + 1ms, noon + 2ms, noon + 3ms};
    known.rotated(slot, event);
  }

  const revision before{};
  rotation_history known;
};

TEST_F(a_rotation_history, tells_a_rotation_step_by_step) {
  EXPECT_TRUE(known.of(7).empty());
  rotate(7, 2);
  known.delivered(7, 2, "files", noon + 4ms);
  known.delivered(7, 2, "vault", noon + 5ms);
  known.hook_done(7, 2, "files", noon + 9ms);
  const auto all = known.of(7);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].generation, 2U);
  EXPECT_EQ(all[0].why, trigger::webhook);
  EXPECT_EQ(all[0].rotated_at, noon);
  EXPECT_EQ(all[0].times.stored, noon + 3ms);
  ASSERT_EQ(all[0].sinks.size(), 2U);
  EXPECT_EQ(all[0].sinks[0].sink, "files");
  EXPECT_EQ(all[0].sinks[0].delivered, noon + 4ms);
  EXPECT_EQ(all[0].sinks[0].hook_done, noon + 9ms);
  EXPECT_FALSE(all[0].sinks[1].hook_done);
}

TEST_F(a_rotation_history, keeps_the_first_time_of_what_is_repaired_or_seen_again) {
  rotate(7, 2);
  known.delivered(7, 2, "files", noon + 4ms);
  known.hook_done(7, 2, "files", noon + 5ms);
  known.delivered(7, 2, "files", noon + 1h);
  known.hook_done(7, 2, "files", noon + 1h);
  ASSERT_EQ(known.of(7)[0].sinks.size(), 1U);
  EXPECT_EQ(known.of(7)[0].sinks[0].delivered, noon + 4ms);
  EXPECT_EQ(known.of(7)[0].sinks[0].hook_done, noon + 5ms);
}

TEST_F(a_rotation_history, takes_no_word_of_what_it_does_not_remember) {
  known.delivered(7, 2, "files", noon);
  known.hook_done(7, 2, "files", noon);
  EXPECT_TRUE(known.of(7).empty());
  rotate(7, 2);
  known.delivered(7, 1, "files", noon);
  known.delivered(8, 2, "files", noon);
  known.hook_done(7, 2, "files", noon);
  EXPECT_TRUE(known.of(7)[0].sinks.empty());
}

TEST_F(a_rotation_history, remembers_the_latest_five_of_each) {
  for (std::uint32_t generation = 2; generation < 10; ++generation) rotate(7, generation);
  ASSERT_EQ(known.of(7).size(), rotation_history::most_of_one);
  EXPECT_EQ(known.of(7).front().generation, 5U);
  EXPECT_EQ(known.of(7).back().generation, 9U);
}

TEST_F(a_rotation_history, forgets_the_oldest_of_all_when_there_are_too_many) {
  rotate(1, 2);
  rotate(1, 3);
  for (std::uint32_t slot = 2; slot < rotation_history::most; ++slot) rotate(slot, 2);
  ASSERT_EQ(known.of(1).size(), 2U) << "as many as there may be";
  rotate(9'000, 2);
  ASSERT_EQ(known.of(1).size(), 1U);
  EXPECT_EQ(known.of(1)[0].generation, 3U);
  EXPECT_EQ(known.of(2).size(), 1U);
  EXPECT_EQ(known.of(9'000).size(), 1U);
}

TEST_F(a_rotation_history, forgets_who_left_and_counts_it_no_more) {
  rotate(1, 2);
  rotate(2, 2);
  known.forget(1);
  EXPECT_TRUE(known.of(1).empty());
  for (std::uint32_t slot = 3; slot < rotation_history::most + 2; ++slot) rotate(slot, 2);
  EXPECT_EQ(known.of(2).size(), 1U);
  rotate(1, 2);
  EXPECT_TRUE(known.of(2).empty()) << "now it is the oldest";
}

}  // namespace
}  // namespace tokensyncd::sync
