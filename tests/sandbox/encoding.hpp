#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd::sandbox {

/// base64 or base64url (RFC 4648), padded or not; none where it is neither.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

/// One percent-encoded path segment; none where an escape isn't one.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// HMAC-SHA256, 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

/// RFC 3339 of microseconds since 1970: `seconds` 2026-01-02T03:04:05Z, `fraction`
/// 2026-01-02T03:04:05.678901Z, `offset` 2026-01-02T05:04:05+02:00, `offset_fraction` both.
[[nodiscard]] std::string format_date(std::int64_t microseconds, std::string_view format);

/// IMF-fixdate (RFC 9110, section 5.6.7) of seconds since 1970.
[[nodiscard]] std::string http_date(std::int64_t seconds);

/// Microseconds since 1970, by this machine's clock.
[[nodiscard]] std::int64_t unix_microseconds();

/// Nanoseconds on CLOCK_MONOTONIC: the same clock in every process of this machine.
[[nodiscard]] std::int64_t monotonic_nanoseconds();

}  // namespace tokensyncd::sandbox
