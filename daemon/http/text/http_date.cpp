#include "daemon/http/text/http_date.hpp"

#include <array>
#include <cstddef>

namespace tokensyncd::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> short_days{"Mon", "Tue", "Wed", "Thu",
                                                     "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

/// Takes one thing after the other from the front of a text; `ok` turns false at a mismatch.
struct scanner {
  std::string_view rest;
  bool ok = true;

  void literal(std::string_view expected) {
    if (!rest.starts_with(expected)) {
      ok = false;
      return;
    }
    rest.remove_prefix(expected.size());
  }

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest.empty() || rest.front() < '0' || rest.front() > '9') return ok = false, 0;
      value = value * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return value;
  }

  /// Place of the first of `names` that the rest starts with, from 1 on.
  template <std::size_t Size>
  unsigned one_of(const std::array<std::string_view, Size>& names) {
    for (std::size_t i = 0; i < Size; ++i) {
      if (!rest.starts_with(names[i])) continue;
      rest.remove_prefix(names[i].size());
      return static_cast<unsigned>(i + 1);
    }
    return ok = false, 0;
  }
};

struct fields {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time(scanner& in, fields& out) {
  out.hour = in.number(2);
  in.literal(":");
  out.minute = in.number(2);
  in.literal(":");
  out.second = in.number(2);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
bool read_fixdate(std::string_view text, fields& out) {
  scanner in{text};
  in.one_of(short_days);
  in.literal(", ");
  out.day = in.number(2);
  in.literal(" ");
  out.month = in.one_of(months);
  in.literal(" ");
  out.year = in.number(4);
  in.literal(" ");
  read_time(in, out);
  in.literal(" GMT");
  return in.ok && in.rest.empty();
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
bool read_rfc850(std::string_view text, wall_time now, fields& out) {
  scanner in{text};
  in.one_of(long_days);
  in.literal(", ");
  out.day = in.number(2);
  in.literal("-");
  out.month = in.one_of(months);
  in.literal("-");
  const int short_year = in.number(2);
  in.literal(" ");
  read_time(in, out);
  in.literal(" GMT");
  const int this_year{year_month_day{floor<days>(now)}.year()};
  out.year = this_year - this_year % 100 + short_year;
  if (out.year > this_year + 50) out.year -= 100;
  if (out.year <= this_year - 50) out.year += 100;
  return in.ok && in.rest.empty();
}

/// `Sun Nov  6 08:49:37 1994`
bool read_asctime(std::string_view text, fields& out) {
  scanner in{text};
  in.one_of(short_days);
  in.literal(" ");
  out.month = in.one_of(months);
  in.literal(" ");
  const bool one_digit = in.rest.starts_with(' ');
  if (one_digit) in.literal(" ");
  out.day = in.number(one_digit ? 1 : 2);
  in.literal(" ");
  read_time(in, out);
  in.literal(" ");
  out.year = in.number(4);
  return in.ok && in.rest.empty();
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, wall_time now) {
  fields f;
  if (!read_fixdate(text, f) && !read_rfc850(text, now, f) && !read_asctime(text, f)) return {};
  const year_month_day date{year{f.year}, month{f.month}, day{static_cast<unsigned>(f.day)}};
  if (!date.ok() || f.year < 1970 || f.hour > 23 || f.minute > 59 || f.second > 60) return {};
  // A leap second counts as the one before.
  const seconds second{f.second == 60 ? 59 : f.second};
  return sys_days{date} + hours{f.hour} + minutes{f.minute} + second;
}

}  // namespace tokensyncd::http
