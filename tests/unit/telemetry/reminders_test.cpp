#include "daemon/telemetry/reminders.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(reminders, come_after_five_minutes_half_an_hour_and_then_each_hour) {
  reminders all;
  std::vector<long> minutes;
  for (auto passed = 0min; passed <= 4h; passed += 1min) {
    if (all.failed("a", start + passed)) minutes.push_back(passed.count());
  }
  EXPECT_THAT(minutes, ElementsAre(5, 30, 60, 120, 180, 240));
}

TEST(reminders, come_once_after_a_long_silence_and_count_the_failures) {
  reminders all;
  EXPECT_FALSE(all.failed("a", start));
  const auto lasts = all.failed("a", start + 100min);
  ASSERT_TRUE(lasts);
  EXPECT_EQ(lasts->since, 100min);
  EXPECT_EQ(lasts->failures, 2U);
  EXPECT_FALSE(all.failed("a", start + 101min));
  EXPECT_TRUE(all.failed("a", start + 120min));
}

TEST(reminders, are_of_each_trouble_by_itself_and_begin_anew_after_its_end) {
  reminders all;
  for (const char* each : {"sink/a", "sink/b", "hook/a"}) EXPECT_FALSE(all.failed(each, start));
  EXPECT_EQ(all.ended("hook/a", start + 3min), 3min);
  EXPECT_EQ(all.ended("hook/a", start + 3min), std::nullopt);
  EXPECT_FALSE(all.failed("hook/a", start + 5min)) << "it has just begun";
  all.ended_all("sink/");
  EXPECT_FALSE(all.failed("sink/a", start + 5min));
}

TEST(reminders, say_lengths_of_time_in_few_words) {
  EXPECT_EQ(length_in_words(42s), "42 s");
  EXPECT_EQ(length_in_words(5min), "5 min");
  EXPECT_EQ(length_in_words(3h + 20min), "3 h");
}

}  // namespace
}  // namespace tokensyncd::telemetry
