#include "daemon/model/time.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

wall_time at(std::chrono::seconds since_epoch) {
  return wall_time{since_epoch};
}

TEST(rfc3339, reads_the_same_instant_in_every_spelling) {
  const wall_time expected = at(1'700'000'000s);
  for (const auto* text :
       {"2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14 22:13:20Z",
        "2023-11-15T00:13:20+02:00", "2023-11-14T16:43:20-05:30", "2023-11-14T22:13:20.000Z",
        "2023-11-14T22:13:20.0000000000000000000001Z"}) {
    EXPECT_EQ(parse_rfc3339(text), expected) << text;
  }
}

TEST(rfc3339, keeps_microseconds) {
  EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20.5Z"), at(1'700'000'000s) + 500ms);
  EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20.1234569Z"), at(1'700'000'000s) + 123456us);
}

TEST(rfc3339, takes_a_leap_second_as_the_second_before) {
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2016-12-31T23:59:59Z"));
}

TEST(rfc3339, refuses_what_is_not_a_date_time) {
  for (const auto* text :
       {"", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z",
        "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:60:20Z",
        "2023-11-14T22:13:61Z", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx",
        " 2023-11-14T22:13:20Z", "2023-11-14T22:13:20+0200", "2023-11-14T22:13:20+24:00",
        "2023-00-14T22:13:20Z", "10000-01-01T00:00:00Z", "0000-02-30T00:00:00Z",
        "-023-11-14T22:13:20Z", "1700000000"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(rfc3339, reads_and_writes_every_year_that_it_can_write) {
  for (const auto* text :
       {"0000-01-01T00:00:00Z", "0000-02-29T23:59:59.000001Z", "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto when = parse_rfc3339(text);
    ASSERT_TRUE(when.has_value()) << text;
    EXPECT_EQ(format_rfc3339(*when), text);
  }
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z"), at(-1s));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00+01:00"), at(-1h));
  EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z"), at(-62'135'596'800s));
}

TEST(rfc3339, moves_what_its_offset_takes_out_of_these_years_to_their_edge) {
  EXPECT_EQ(parse_rfc3339("0000-01-01T00:00:00+23:59"), parse_rfc3339("0000-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59-00:01"),
            parse_rfc3339("9999-12-31T23:59:59.999999Z"));
}

TEST(elapsed, is_never_negative_and_never_overflows) {
  const auto first = *parse_rfc3339("0000-01-01T00:00:00Z");
  const auto last = *parse_rfc3339("9999-12-31T23:59:59Z");
  EXPECT_EQ(elapsed(at(1s), at(3s)), 2s);
  EXPECT_EQ(elapsed(at(3s), at(1s)), 0s);
  EXPECT_EQ(elapsed(last, first), 0s);
  EXPECT_GT(elapsed(first, last), 24h * 365 * 291);
}

TEST(rfc3339, writes_utc_with_a_fraction_only_where_there_is_one) {
  EXPECT_EQ(format_rfc3339(at(1'700'000'000s)), "2023-11-14T22:13:20Z");
  EXPECT_EQ(format_rfc3339(at(1'700'000'000s) + 5ms), "2023-11-14T22:13:20.005Z");
  EXPECT_EQ(format_rfc3339(at(1'700'000'000s) + 5us), "2023-11-14T22:13:20.000005Z");
}

}  // namespace
}  // namespace tokensyncd
