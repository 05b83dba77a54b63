#include "daemon/endpoints/event_copies.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tokensyncd::endpoints {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1h};

TEST(event_copies, are_the_same_signature_and_the_same_body) {
  event_copies known;
  EXPECT_FALSE(known.seen("s", "b", start));
  EXPECT_TRUE(known.seen("s", "b", start));
  EXPECT_FALSE(known.seen("s", "c", start));
  EXPECT_FALSE(known.seen("t", "b", start));
  EXPECT_FALSE(known.seen("sb", "", start));
  EXPECT_TRUE(known.seen("t", "b", start + 9min));
}

TEST(event_copies, are_forgotten_after_ten_minutes) {
  event_copies known;
  EXPECT_FALSE(known.seen("s", "b", start));
  EXPECT_TRUE(known.seen("s", "b", start + 10min - 1ms));
  EXPECT_FALSE(known.seen("s", "b", start + 10min));
}

TEST(event_copies, are_known_for_the_last_4096) {
  event_copies known;
  for (std::size_t i = 0; i < event_copies::most; ++i)
    EXPECT_FALSE(known.seen("s", std::to_string(i), start));
  EXPECT_TRUE(known.seen("s", "0", start));
  EXPECT_FALSE(known.seen("s", "one more", start));
  EXPECT_FALSE(known.seen("s", "0", start)) << "the oldest has gone";
  EXPECT_TRUE(known.seen("s", "4095", start));
}

}  // namespace
}  // namespace tokensyncd::endpoints
