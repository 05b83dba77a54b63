#include "daemon/webhook/deduplicator.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::webhook {
namespace {

using namespace std::chrono_literals;

TEST(deduplicator, are_the_same_signature_and_the_same_body) {
  deduplicator known;
  EXPECT_FALSE(known.seen("s", "b", start));
  EXPECT_TRUE(known.seen("s", "b", start));
  EXPECT_FALSE(known.seen("s", "c", start));
  EXPECT_FALSE(known.seen("t", "b", start));
  EXPECT_FALSE(known.seen("sb", "", start));
  EXPECT_TRUE(known.seen("t", "b", start + 9min));
}

TEST(deduplicator, are_forgotten_after_ten_minutes) {
  deduplicator known;
  EXPECT_FALSE(known.seen("s", "b", start));
  EXPECT_TRUE(known.seen("s", "b", start + 10min - 1ms));
  EXPECT_FALSE(known.seen("s", "b", start + 10min));
}

TEST(deduplicator, are_known_for_the_last_4096) {
  deduplicator known;
  for (std::size_t i = 0; i < deduplicator::most; ++i)
    EXPECT_FALSE(known.seen("s", std::to_string(i), start));
  EXPECT_TRUE(known.seen("s", "0", start));
  EXPECT_FALSE(known.seen("s", "one more", start));
  EXPECT_FALSE(known.seen("s", "0", start)) << "the oldest has gone";
  EXPECT_TRUE(known.seen("s", "4095", start));
}

}  // namespace
}  // namespace tokensyncd::webhook
