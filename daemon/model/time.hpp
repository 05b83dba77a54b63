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
/// microseconds), `T` or `t` or a space, a leap second as the second before. Years 0000 to 9999 in
/// UTC; a moment that its offset takes out of them becomes the nearest one in them. None for
/// anything else.
[[nodiscard]] std::optional<wall_time> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC, e.g. `2026-11-23T22:14:05Z`; a fraction of 3 or 6 digits only where it isn't
/// zero.
[[nodiscard]] std::string format_rfc3339(wall_time when);

/// How long it is from one moment to another: zero where `to` is earlier, and 292 years, all that
/// nanoseconds can count, where it is longer. Two moments of parse_rfc3339() may be further apart.
[[nodiscard]] std::chrono::nanoseconds elapsed(wall_time from, wall_time to);

}  // namespace tokensyncd
