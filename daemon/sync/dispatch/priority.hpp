#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tokensyncd::sync {

/// Whose turn it is when the budget has room for one call only: the first of these that waits.
enum class priority : std::uint8_t {
  rotate,           ///< a person's or timer's command
  event,            ///< the vendor told us of a rotation
  never_delivered,  ///< a place that has never had a token
  out_of_sync,      ///< a place that lacks the newest one
  poll,             ///< its time has come
  retry,            ///< its last check failed
};
inline constexpr std::size_t priority_count = 6;

/// Which priorities have somebody waiting.
using waiting_set = std::array<bool, priority_count>;

[[nodiscard]] constexpr std::size_t index_of(priority value) noexcept {
  return static_cast<std::size_t>(value);
}

}  // namespace tokensyncd::sync
