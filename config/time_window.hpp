#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd::config {

/// A time of the day on some days of the week, where people live: `Mon-Fri 09:00-16:00
/// Europe/Berlin`.
struct time_window {
  std::uint8_t days = 0x7f;        ///< bit 0: Monday; the day on which the window opens
  std::chrono::minutes opens{0};   ///< since midnight
  std::chrono::minutes closes{0};  ///< since the midnight of `days`; later than `opens`
  std::string zone;                ///< of the IANA database

  friend auto operator<=>(const time_window&, const time_window&) = default;
};

/// What parse_time_window() found: a value, or why there is none.
struct parsed_window {
  std::optional<time_window> value{};
  std::string trouble{};  ///< a clause, e.g. `names the time zone ..., which ...`
};

/// Reads `[DAYS] HH:MM-HH:MM ZONE`. DAYS: days and ranges, e.g. `Mon-Wed,Fri`; without, each day.
/// A window that closes before it opens closes on the day after. ZONE must be known to this machine
/// (tzdata). May read files.
[[nodiscard]] parsed_window parse_time_window(std::string_view text);

/// As parse_time_window() reads it.
[[nodiscard]] std::string format_time_window(const time_window& window);

/// The first moment at or after `when` at which it is open. A time that a clock change leaves out
/// is the moment of that change.
[[nodiscard]] std::chrono::sys_seconds next_open(const time_window& window,
                                                 std::chrono::sys_seconds when);

/// How often it opens, on the average of a week.
[[nodiscard]] double openings_a_day(const time_window& window);

}  // namespace tokensyncd::config
