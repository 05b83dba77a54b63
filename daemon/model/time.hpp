#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd {

/// A moment on the monotonic clock: for deadlines, schedules and durations.
using steady_time = std::chrono::steady_clock::time_point;

/// A moment on the wall clock, in UTC: for what people and other machines are told.
using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads an RFC 3339 date-time (section 5.6): any offset, any number of fraction digits (cut to
/// microseconds), `T` or `t` or a space, a leap second as the second before. None for anything
/// else, years outside 1970–9999 included.
[[nodiscard]] std::optional<wall_time> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC, e.g. `2026-11-23T22:14:05Z`; a fraction of 3 or 6 digits only where it isn't
/// zero.
[[nodiscard]] std::string format_rfc3339(wall_time when);

}  // namespace tokensyncd
