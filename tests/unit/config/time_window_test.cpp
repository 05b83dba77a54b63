#include "config/time_window.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "config/print/effective.hpp"
#include "config/units.hpp"
#include "daemon/model/time.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::chrono::sys_seconds at(const char* text) {
  return std::chrono::floor<std::chrono::seconds>(*parse_rfc3339(text));
}

std::string next(const char* window, const char* when) {
  return format_rfc3339(next_open(parse_time_window(window).value.value(), at(when)));
}

TEST(time_window, is_read_and_written) {
  for (const auto* text : {"09:00-16:00 Europe/Berlin", "Mon-Fri 09:00-16:00 Europe/Berlin",
                           "Mon,Wed-Thu,Sun 00:00-24:00 UTC", "Fri 22:30-04:15 America/New_York"}) {
    const auto found = parse_time_window(text);
    ASSERT_TRUE(found.value) << text;
    EXPECT_EQ(format_time_window(*found.value), text);
  }
  EXPECT_EQ(format_time_window(*parse_time_window("Sat-Mon 01:00-02:00 UTC").value),
            "Mon,Sat-Sun 01:00-02:00 UTC");
}

TEST(time_window, refuses_everything_else_and_says_how_it_is_written) {
  for (const auto* text :
       {"", " ", "Mon", "09:00-16:00", "9:00-16:00 UTC", "09:00 - 16:00 UTC", "24:00-02:00 UTC",
        "09:60-16:00 UTC", "09:00-24:01 UTC", "Mo-Fr 09:00-16:00 UTC", "Mon- 09:00-16:00 UTC",
        "Mon, 09:00-16:00 UTC", ",Mon 09:00-16:00 UTC", "-Mon 09:00-16:00 UTC",
        "09:00-16:00 UTC UTC", "09:00-16:00 ", "09:00-16:00-17:00 UTC", "mon 09:00-16:00 UTC",
        "+9:00-16:00 UTC"}) {
    const auto found = parse_time_window(text);
    EXPECT_FALSE(found.value) << text;
    EXPECT_THAT(found.trouble, HasSubstr("[DAYS] HH:MM-HH:MM ZONE")) << text;
  }
  for (const auto* text : {"09:00-16:00 Europe/Berlim", "09:00-16:00 ../../etc/passwd",
                           "09:00-16:00 /etc/localtime", "09:00-16:00 europe/berlin"}) {
    const auto found = parse_time_window(text);
    EXPECT_FALSE(found.value) << text;
    EXPECT_THAT(found.trouble, HasSubstr("tzdata")) << text;
  }
}

TEST(time_window, opens_where_people_live) {
  const auto* const office = "Mon-Fri 09:00-16:00 Europe/Berlin";
  // A Friday in winter, when Berlin is an hour ahead of UTC.
  EXPECT_EQ(next(office, "2026-11-27T07:00:00Z"), "2026-11-27T08:00:00Z");
  EXPECT_EQ(next(office, "2026-11-27T08:00:00Z"), "2026-11-27T08:00:00Z");
  EXPECT_EQ(next(office, "2026-11-27T14:59:59Z"), "2026-11-27T14:59:59Z");
  EXPECT_EQ(next(office, "2026-11-27T15:00:00Z"), "2026-11-30T08:00:00Z");
  EXPECT_EQ(next(office, "2026-07-03T06:00:00Z"), "2026-07-03T07:00:00Z") << "in summer";
}

TEST(time_window, may_go_over_midnight) {
  const auto* const night = "Fri 22:00-04:00 UTC";
  EXPECT_EQ(next(night, "2026-11-27T21:00:00Z"), "2026-11-27T22:00:00Z");
  EXPECT_EQ(next(night, "2026-11-28T03:59:59Z"), "2026-11-28T03:59:59Z");
  EXPECT_EQ(next(night, "2026-11-28T04:00:00Z"), "2026-12-04T22:00:00Z");
}

TEST(time_window, opens_and_closes_once_on_days_when_the_clocks_change) {
  // On 2026-03-29 Berlin has no 02:30, on 2026-10-25 it has two.
  const auto* const night = "02:15-02:45 Europe/Berlin";
  EXPECT_EQ(next(night, "2026-03-28T12:00:00Z"), "2026-03-30T00:15:00Z") << "no such time";
  EXPECT_EQ(next(night, "2026-10-24T12:00:00Z"), "2026-10-25T00:15:00Z");
  EXPECT_EQ(next(night, "2026-10-25T01:44:59Z"), "2026-10-25T01:44:59Z") << "the second one";
  EXPECT_EQ(next(night, "2026-10-25T01:45:00Z"), "2026-10-26T01:15:00Z");
}

TEST(count_per, is_read_and_written) {
  EXPECT_EQ(parse_count_per("5 per hour"), (std::pair{5U, std::chrono::milliseconds{1h}}));
  EXPECT_EQ(parse_count_per("1 per minute"), (std::pair{1U, std::chrono::milliseconds{1min}}));
  EXPECT_EQ(format_count_per(10'000, 24h), "10000 per day");
  for (const auto* text :
       {"", "5", "5 per", "5 per week", "0 per hour", "-1 per hour", "10001 per day", "5  per hour",
        "per hour", "5 per hour ", "1.5 per hour"}) {
    EXPECT_EQ(parse_count_per(text), std::nullopt) << text;
  }
}

constexpr std::string_view before = R"(
version: 1
partner: {id: acme, secret_file: secret}
sinks: {files: {type: file, path: 'out/{workspace}'}}
)";

TEST(rotation, of_a_workspace_goes_before_the_defaults_key_by_key) {
  const config_folder folder;
  const auto loaded = folder.load(std::string(before) + R"(
workspace_defaults:
  rotation: {max_age: 30d, window: "Mon-Fri 09:00-16:00 Europe/Berlin", at_most: 1 per day,
             stop_after_failures: 3}
workspaces:
  - id: w1
  - {id: w2, rotation: {max_age: 7d, window: 09:00-16:00 UTC}}
  - {id: w3, rotation: {max_age: never}}
)");
  ASSERT_TRUE(loaded.value);
  const auto of = [&](std::size_t index) {
    return loaded.value->profiles[loaded.value->workspaces[index].profile].rotation;
  };
  ASSERT_TRUE(of(0) && of(1));
  EXPECT_EQ(of(0)->max_age, 24h * 30);
  EXPECT_EQ(of(0)->at_most, (rotation_rate{1, 24h}));
  EXPECT_EQ(of(1)->max_age, 24h * 7);
  EXPECT_EQ(of(1)->at_most, of(0)->at_most);
  EXPECT_EQ(format_time_window(*of(1)->window), "09:00-16:00 UTC");
  EXPECT_EQ(of(1)->stop_after_failures, 3U);
  EXPECT_FALSE(of(2));
}

TEST(rotation, is_refused_with_the_next_step) {
  const config_folder folder;
  const std::string errors = folder.errors(std::string(before) + R"(
workspace_defaults:
  rotation: {max_age: 5m, window: "nine to five", at_most: 5/h, stop_after_failures: 0, every: 1d}
workspaces:
  - {id: w1, rotation: {at_most: 5 per hour}}
)");
  EXPECT_THAT(errors, HasSubstr("`workspace_defaults.rotation.max_age`"));
  EXPECT_THAT(errors, HasSubstr("rotation.window` must be [DAYS] HH:MM-HH:MM ZONE"));
  EXPECT_THAT(errors, HasSubstr("such as \"5 per hour\""));
  EXPECT_THAT(errors, HasSubstr("`workspace_defaults.rotation.stop_after_failures`"));
  EXPECT_THAT(errors, HasSubstr("unknown key `workspace_defaults.rotation.every`"));
  EXPECT_THAT(errors, HasSubstr("`workspaces[].rotation.at_most` is of all workspaces together"));
}

TEST(rotation, says_of_a_wrong_age_nothing_else) {
  const config_folder folder;
  const std::string errors =
      folder.errors(std::string(before) +
                    "workspace_defaults: {rotation: {max_age: 1s}}\nworkspaces: [{id: a}]\n");
  EXPECT_THAT(errors, HasSubstr("must be from 1h to 3650d"));
  EXPECT_THAT(errors, Not(HasSubstr("has no `max_age`")));
}

TEST(time_window, says_that_it_would_be_empty) {
  const auto found = parse_time_window("09:00-09:00 UTC");
  EXPECT_FALSE(found.value);
  EXPECT_THAT(found.trouble, HasSubstr("write 00:00-24:00"));
}

TEST(rotation, needs_an_age_and_a_state_that_outlasts_a_restart) {
  const config_folder folder;
  EXPECT_THAT(folder.errors(std::string(before) + R"(
workspace_defaults: {rotation: {window: 09:00-16:00 UTC}}
workspaces: [{id: w1}]
)"),
              HasSubstr("`rotation` has no `max_age`"));
  EXPECT_THAT(folder.errors(std::string(before) + R"(
state: {type: memory}
workspaces: [{id: w1, rotation: {max_age: 1d}}]
)"),
              HasSubstr("set `state.type` to sqlite"));
}

TEST(rotation, is_printed_so_that_it_loads_again) {
  const config_folder folder;
  const auto loaded = folder.load(std::string(before) + R"(
workspace_defaults: {rotation: {max_age: 30d, window: "Mon-Fri 22:00-04:00 Europe/Berlin", at_most: 7 per day}}
workspaces: [{id: w1}]
)");
  ASSERT_TRUE(loaded.value);
  EXPECT_THAT(effective_yaml(*loaded.value, 10, {}),
              HasSubstr("rotation: {max_age: 30d, window: \"Mon-Fri 22:00-04:00 Europe/Berlin\"}"));
}

}  // namespace
}  // namespace tokensyncd::config
