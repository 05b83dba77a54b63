#include "daemon/http/text/http_date.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/http/text/retry_after.hpp"

namespace tokensyncd::http {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
constexpr std::chrono::sys_seconds example{784111777s};  // the one of RFC 9110

TEST(http_date, reads_the_same_moment_in_all_three_forms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994", now), example + 240h);
}

TEST(http_date, takes_a_two_digit_year_as_the_nearest_that_is_not_over_50_years_ahead) {
  const auto year_of = [](const char* text) {
    const auto when = parse_http_date(text, now);
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(when.value())};
    return int{date.year()};
  };
  EXPECT_EQ(year_of("Monday, 23-Nov-26 00:00:00 GMT"), 2026);
  EXPECT_EQ(year_of("Monday, 23-Nov-76 00:00:00 GMT"), 2076);
  EXPECT_EQ(year_of("Monday, 23-Nov-77 00:00:00 GMT"), 1977);
}

TEST(http_date, refuses_everything_else) {
  for (const auto* text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "1994-11-06T08:49:37Z",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text, now), std::nullopt) << text;
  }
}

TEST(retry_after, gives_seconds_as_they_were_said) {
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("-5", now), -5s);
  EXPECT_EQ(parse_retry_after("007", now), 7s);
  EXPECT_EQ(parse_retry_after(std::string(400, '9'), now), 24h * 365);
}

TEST(retry_after, compares_a_date_with_the_servers_clock) {
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 00:00:30 GMT", now), 30s);
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 00:00:30 GMT", now + 29'500ms), 500ms);
  EXPECT_EQ(parse_retry_after("Sun, 22 Nov 2026 23:59:30 GMT", now), -30s);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), 24h * 365);
}

TEST(retry_after, says_nothing_where_it_cannot_be_read) {
  for (const auto* text : {"", "-", "+5", "1.5", "5s", "1e3", "soon", "--5", "5, 6", " 5"})
    EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
}

}  // namespace
}  // namespace tokensyncd::http
