#include "config/time_window.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

#include <date/date.h>
#include <date/tz.h>

namespace tokensyncd::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::string_view, 7> day_names{"Mon", "Tue", "Wed", "Thu",
                                                    "Fri", "Sat", "Sun"};
constexpr std::string_view form =
    "must be [DAYS] HH:MM-HH:MM ZONE, such as \"Mon-Fri 09:00-16:00 Europe/Berlin\"";

/// Takes what is before the next `separator`, all where there is none, away from `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::optional<std::size_t> day_of(std::string_view name) {
  const auto* const found = std::ranges::find(day_names, name);
  if (found == day_names.end()) return {};
  return static_cast<std::size_t>(found - day_names.begin());
}

/// `Mon-Wed,Fri` as bits; a range may go over Sunday.
std::optional<std::uint8_t> parse_days(std::string_view text) {
  unsigned bits = 0;
  if (text.ends_with(',')) return {};
  while (!text.empty()) {
    std::string_view range = take(text, ',');
    const bool is_one_day = range.find('-') == std::string_view::npos;
    const auto first = day_of(take(range, '-'));
    const auto last = is_one_day ? first : day_of(range);
    if (!first || !last) return {};
    for (std::size_t day = *first;; day = (day + 1) % 7) {
      bits |= 1U << day;
      if (day == *last) break;
    }
  }
  return bits == 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(bits));
}

/// `09:30`; `24:00` is the end of a day.
std::optional<minutes> parse_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return {};
  const auto number = [](std::string_view two) -> std::optional<int> {
    if (two.find_first_not_of("0123456789") != std::string_view::npos) return {};
    return (two[0] - '0') * 10 + two[1] - '0';
  };
  const auto hour = number(text.substr(0, 2));
  const auto minute = number(text.substr(3));
  if (!hour || !minute || *minute > 59) return {};
  const minutes time = hours{*hour} + minutes{*minute};
  return time > hours{24} ? std::nullopt : std::optional(time);
}

std::string format_time(minutes time) {
  const auto two = [](std::int64_t number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  return two(time / hours{1}) + ":" + two(time.count() % 60);
}

std::string format_days(std::uint8_t days) {
  const auto has = [days](std::size_t day) {
    return day != day_names.size() && (unsigned{days} >> day & 1U) != 0;
  };
  std::string text;
  for (std::size_t day = 0; day != day_names.size(); ++day) {
    if (!has(day)) continue;
    const std::size_t first = day;
    while (has(day + 1)) ++day;
    text.append(text.empty() ? "" : ",").append(day_names[first]);
    if (day != first) text.append("-").append(day_names[day]);
  }
  return text;
}

/// Null where this machine doesn't know it. The first one loads the list of zones.
const date::time_zone* zone_of(const std::string& name) {
  if (name == "localtime") return nullptr;  // whatever this machine has
  try {
    const date::time_zone* const found = date::locate_zone(name);
    static_cast<void>(found->get_info(date::sys_seconds{}));  // reads its file now
    return found;
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

}  // namespace

parsed_window parse_time_window(std::string_view text) {
  time_window made;
  std::string_view rest = text;
  std::string_view times = take(rest, ' ');
  if (times.find(':') == std::string_view::npos) {
    const auto days = parse_days(times);
    if (!days) return {{}, std::string{form}};
    made.days = *days;
    times = take(rest, ' ');
  }
  const auto opens = parse_time(take(times, '-'));
  const auto closes = parse_time(times);
  if (!opens || !closes || *opens == hours{24} || rest.empty() ||
      rest.find(' ') != std::string_view::npos)
    return {{}, std::string{form}};
  if (*opens == *closes) return {{}, "ends when it begins; write 00:00-24:00 for whole days"};
  made.opens = *opens;
  made.closes = *closes < *opens ? *closes + hours{24} : *closes;
  made.zone = rest;
  if (zone_of(made.zone) == nullptr)
    return {{},
            "names a time zone that this machine does not know; write it as in Europe/Berlin "
            "or UTC, and see that the package tzdata is installed"};
  return {std::move(made), {}};
}

std::string format_time_window(const time_window& window) {
  const minutes closes = window.closes > hours{24} ? window.closes - hours{24} : window.closes;
  return (window.days == 0x7f ? "" : format_days(window.days) + " ") + format_time(window.opens) +
         "-" + format_time(closes) + " " + window.zone;
}

std::chrono::sys_seconds next_open(const time_window& window, std::chrono::sys_seconds when) {
  const date::time_zone* const zone = zone_of(window.zone);
  if (zone == nullptr) throw std::logic_error("the time zone of a window that was read is unknown");
  const auto today = date::floor<date::days>(zone->to_local(when));
  // From yesterday, whose window may still be open; two weeks, as a clock change may leave one out.
  for (auto day = today - date::days{1}; day <= today + date::days{15}; day += date::days{1}) {
    const unsigned weekday = date::weekday{day}.iso_encoding() - 1;
    if ((unsigned{window.days} >> weekday & 1U) == 0) continue;
    const auto opens = zone->to_sys(day + window.opens, date::choose::earliest);
    const auto closes = zone->to_sys(day + window.closes, date::choose::latest);
    // One that a clock change leaves out wholly doesn't open.
    if (opens < closes && when < closes) return std::max(when, std::chrono::sys_seconds{opens});
  }
  throw std::logic_error("a window that never opens");
}

double openings_a_day(const time_window& window) {
  return std::popcount(window.days) / 7.0;
}

}  // namespace tokensyncd::config
