#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// How quantities are written in the configuration, both ways. Pure; each `parse_` is strict and
/// gives none for anything else.
namespace tokensyncd::config {

/// `500ms`, `30s`, `5m`, `1h`, `7d`: a whole number and its unit, at most 3650 days.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest exact spelling that parse_duration() reads, e.g. `90s`.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// `20/s`, `600/m`, `0.5/s`: calls per second, over 0 and at most 100,000; `off` is 0 (no limit).
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);

/// A rate that parse_rate() reads back, in the unit in which it is shortest: `20/s`, `1/m`; `off`
/// for 0.
[[nodiscard]] std::string format_rate(double per_second);

/// `5 per hour` (or minute, day): how many, over 0 and at most 10,000, and how long that is.
[[nodiscard]] std::optional<std::pair<unsigned, std::chrono::milliseconds>> parse_count_per(
    std::string_view text);

/// As parse_count_per() reads it.
[[nodiscard]] std::string format_count_per(unsigned count, std::chrono::milliseconds period);

/// `10%`, `2.5%`: the share as a fraction, 0 to 1.
[[nodiscard]] std::optional<double> parse_percentage(std::string_view text);

/// A share as parse_percentage() reads it, e.g. `10%`.
[[nodiscard]] std::string format_percentage(double share);

/// Permission bits in octal, `0640` or `640`: three digits, or four that begin with 0.
[[nodiscard]] std::optional<std::uint32_t> parse_mode(std::string_view text);

/// Four octal digits, e.g. `0640`.
[[nodiscard]] std::string format_mode(std::uint32_t mode);

/// A number for people: at most one decimal digit where it is 10 or more, two below that, and two
/// digits that count below 0.1.
[[nodiscard]] std::string format_number(double value);

}  // namespace tokensyncd::config
