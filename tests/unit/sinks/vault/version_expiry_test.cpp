#include "daemon/sinks/vault/secret/version_expiry.hpp"

#include <chrono>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr wall_time noon{std::chrono::seconds{1'795'953'600}};  // 2026-11-29T12:00:00Z

std::optional<kept_version> read(const char* text) {
  return read_kept(boost::json::parse(text).as_object());
}

TEST(version_expiry, reads_for_how_long_a_version_is_kept) {
  const auto kept =
      read(R"({"created_time":"2026-11-29T11:59:00.5Z","deletion_time":"2026-11-29T12:00:30.5Z"})");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->kept_for, 90s);
  EXPECT_EQ(kept->deleted_at, noon + 30'500ms);
  for (const auto* text : {R"({"created_time":"2026-11-29T12:00:00Z","deletion_time":""})", "{}",
                           R"({"created_time":"2026-11-29T12:00:00Z","deletion_time":"soon"})",
                           R"({"created_time":"2026-11-29T12:00:00Z","deletion_time":7})",
                           // Deleted by hand in the same moment.
                           R"({"created_time":"2026-11-29T12:00:00Z",
                               "deletion_time":"2026-11-29T12:00:00Z"})"}) {
    EXPECT_FALSE(read(text)) << text;
  }
}

TEST(version_expiry, is_due_at_two_thirds_of_the_time) {
  version_expiry now;
  EXPECT_EQ(now.next_look(), steady_time::max());
  now.written("a", kept_version{noon + 90s, 90s}, start);
  EXPECT_EQ(now.next_look(), start + 60s);
  EXPECT_FALSE(now.is_due("a", start + 60s - 1ms));
  EXPECT_TRUE(now.is_due("a", start + 60s));
  EXPECT_FALSE(now.is_due("b", start + 60s));
}

TEST(version_expiry, counts_what_is_left_of_a_version_that_is_read) {
  version_expiry now;
  now.seen("a", kept_version{noon + 40s, 90s}, start, noon);
  EXPECT_EQ(now.next_look(), start + 10s);
  now.seen("b", kept_version{noon + 20s, 90s}, start, noon);
  EXPECT_TRUE(now.is_due("b", start)) << "a third is left at least";
}

TEST(version_expiry, looks_for_those_that_become_due_together_once_and_for_none_too_late) {
  version_expiry now;
  now.written("a", kept_version{noon + 90s, 90s}, start);
  now.written("b", kept_version{noon + 90s, 90s}, start + 1s);
  now.looked(start + 60s);
  now.written("a", kept_version{noon + 90s, 90s}, start + 60s);
  EXPECT_EQ(now.next_look(), start + 70s) << "b, with others that have become due";
  now.written("short", kept_version{noon + 12s, 12s}, start + 53s);
  EXPECT_EQ(now.next_look(), start + 62s) << "it is deleted at 65 s";
}

TEST(version_expiry, holds_nothing_for_what_is_kept_for_ever) {
  version_expiry now;
  now.written("a", kept_version{noon + 90s, 90s}, start);
  now.seen("a", std::nullopt, start, noon);
  EXPECT_EQ(now.next_look(), steady_time::max());
  now.written("a", kept_version{noon + 90s, 90s}, start);
  now.written("a", std::nullopt, start);
  EXPECT_EQ(now.next_look(), steady_time::max());
}

TEST(version_expiry, forgets_what_is_due_until_it_is_read_again) {
  version_expiry all;
  const kept_version for_a_minute{noon + 60s, 60s};
  all.written("a", for_a_minute, start);
  all.written("b", for_a_minute, start + 20s);
  all.looked(start + 40s);
  EXPECT_FALSE(all.is_due("a", start + 40s));
  EXPECT_EQ(all.next_look(), start + 60s) << "b's";
  all.seen("a", for_a_minute, start + 40s, noon + 40s);
  EXPECT_TRUE(all.is_due("a", start + 40s));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
