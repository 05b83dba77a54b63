#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/model/time.hpp"

namespace tokensyncd::http {

/// Reads an HTTP-date in any of its three forms (RFC 9110, section 5.6.7), all of them in UTC. A
/// two-digit year that would be over 50 years after `now` is in the past. None for anything else,
/// years before 1970 included; whether the day's name fits the date isn't checked.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                                      wall_time now);

}  // namespace tokensyncd::http
