// The moments that tests of pure code reckon from.
#pragma once

#include <chrono>

#include "daemon/model/time.hpp"

namespace tokensyncd {

/// Far enough from zero for what looks back.
inline constexpr steady_time start{std::chrono::hours{1000}};

/// When the API says that a token was rotated: 2026-11-23T22:43:05Z.
inline constexpr wall_time rotated{std::chrono::seconds{1'795'473'785}};

/// 2026-05-01T12:00:00Z.
inline constexpr wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1} +
                                std::chrono::hours{12}};

}  // namespace tokensyncd
