#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/model/time.hpp"

namespace tokensyncd::http {

/// Reads a Retry-After header (RFC 9110, section 10.2.3): seconds or an HTTP-date, which is
/// compared with `server_now`. The wait is given as it was said, zero and negative included, and
/// not judged; what is over a year counts as a year. None where it can't be read.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                                         wall_time server_now);

}  // namespace tokensyncd::http
