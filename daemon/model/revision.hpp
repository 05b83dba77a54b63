#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/model/time.hpp"

namespace tokensyncd {

/// What tells one token from another without being it: 16 bytes of an HMAC-SHA256 under the random
/// key of the installation. Stored whole, shown as 12 hex digits.
struct fingerprint {
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const fingerprint&, const fingerprint&) = default;

  /// The first 6 bytes as 12 hex digits, for people.
  [[nodiscard]] std::string short_hex() const;
};

/// The state of a workspace's token that is wanted everywhere.
struct revision {
  /// 1 for the first observation, one more with each rotation; 0 where nothing was ever observed.
  std::uint32_t generation = 0;
  fingerprint token{};
  /// When the API says that it was rotated; absent where it never said so.
  std::optional<wall_time> rotated_at{};

  friend bool operator==(const revision&, const revision&) = default;
};

}  // namespace tokensyncd
