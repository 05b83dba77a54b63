#include "daemon/model/time.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace tokensyncd {
namespace {

/// Reads what it is asked for from the front of a text; `ok` turns false at the first mismatch.
struct reader {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + digit();
    return value;
  }

  int digit() {
    if (!at_digit()) return ok = false, 0;
    const int value = rest.front() - '0';
    rest.remove_prefix(1);
    return value;
  }

  [[nodiscard]] bool at_digit() const {
    return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
  }

  char one_of(std::string_view choices) {
    if (rest.empty() || choices.find(rest.front()) == std::string_view::npos)
      return ok = false, '\0';
    const char taken = rest.front();
    rest.remove_prefix(1);
    return taken;
  }
};

std::chrono::microseconds read_fraction(reader& in) {
  if (in.rest.empty() || in.rest.front() != '.') return std::chrono::microseconds{0};
  in.rest.remove_prefix(1);
  std::int64_t micros = in.digit() * 100'000;
  for (std::int64_t unit = 10'000; in.at_digit(); unit /= 10) micros += in.digit() * unit;
  return std::chrono::microseconds{micros};
}

std::chrono::minutes read_offset(reader& in) {
  const char sign = in.one_of("Zz+-");
  if (sign == 'Z' || sign == 'z' || !in.ok) return std::chrono::minutes{0};
  const int hours = in.digits(2);
  in.one_of(":");
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) in.ok = false;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return sign == '-' ? -offset : offset;
}

}  // namespace

std::optional<wall_time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  reader in{text};
  const int y = in.digits(4);
  in.one_of("-");
  const int mo = in.digits(2);
  in.one_of("-");
  const int d = in.digits(2);
  in.one_of("Tt ");
  const int h = in.digits(2);
  in.one_of(":");
  const int mi = in.digits(2);
  in.one_of(":");
  const int s = in.digits(2);
  const auto fraction = read_fraction(in);
  const auto offset = read_offset(in);

  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!in.ok || !in.rest.empty() || !date.ok() || h > 23 || mi > 59 || s > 60) return {};
  const seconds second{s == 60 ? 59 : s};
  const wall_time when = sys_days{date} + hours{h} + minutes{mi} + second + fraction - offset;
  // The offset can leave the years that RFC 3339 can write.
  constexpr wall_time first = sys_days{year{0} / January / 1};
  constexpr wall_time last = sys_days{year{10'000} / January / 1} - microseconds{1};
  return std::clamp(when, first, last);
}

std::chrono::nanoseconds elapsed(wall_time from, wall_time to) {
  using namespace std::chrono;
  constexpr auto longest = floor<microseconds>(nanoseconds::max());
  return std::clamp(to - from, microseconds{0}, longest);
}

std::string format_rfc3339(wall_time when) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(when);
  const auto day_start = floor<days>(whole);
  const year_month_day date{day_start};
  const hh_mm_ss clock{whole - day_start};
  const auto micros = static_cast<int>((when - whole).count());

  char text[48];
  int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", int{date.year()}, unsigned{date.month()},
      unsigned{date.day()}, static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string out(text, static_cast<std::size_t>(length));
  if (micros != 0) {
    length = micros % 1000 == 0 ? std::snprintf(text, sizeof text, ".%03d", micros / 1000)
                                : std::snprintf(text, sizeof text, ".%06d", micros);
    out.append(text, static_cast<std::size_t>(length));
  }
  return out += 'Z';
}

}  // namespace tokensyncd
