#pragma once

#include <string>

#include "config/values.hpp"

namespace tokensyncd::config {

/// Whether the checks that the schedule asks for can be made within the rate limit.
struct schedule_fit {
  double wanted = 0;     ///< checks per second when every workspace is on time
  double available = 0;  ///< calls per second that polls may rely on; 0: no limit
  bool fits = true;
  std::string sentence;  ///< both numbers, and where it doesn't fit what to do
};

/// Share of the rate limit that is kept for events, rotations and what was never delivered: polls
/// can't rely on it.
inline constexpr double kept_for_urgent = 0.2;

/// Judges the schedule of `all`. Pure.
[[nodiscard]] schedule_fit judge_schedule(const configuration& all);

/// A sentence where the rotation policies are too slow for the ages that they promise; else empty.
/// Pure.
[[nodiscard]] std::string judge_rotations(const configuration& all);

}  // namespace tokensyncd::config
