#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/runtime/clock.hpp"
#include "daemon/sync/fleet/ledger.hpp"

namespace tokensyncd::sync {

/// Whether a rotated_at is later than two clocks can explain that differ a little.
[[nodiscard]] bool is_in_future(std::optional<wall_time> when, wall_time now) noexcept;

/// Whether a rotated_at is from before there was such an API: a zero time of somebody's language,
/// which says nothing.
[[nodiscard]] bool is_before_all(std::optional<wall_time> when) noexcept;

/// The age of a token that is known: by rotated_at, else, as where that lies in the future or
/// before everything, since it was first seen. A token that was seen to come isn't older than that,
/// whatever rotated_at says. `skew`: the server's clock, which made rotated_at, minus ours.
[[nodiscard]] std::chrono::nanoseconds age_of(const record& r, const clock& time,
                                              std::chrono::seconds skew);

/// Whether a token is younger than `limit`, or isn't known at all. See age_of().
[[nodiscard]] bool is_younger(const record& r, std::chrono::milliseconds limit, const clock& time,
                              std::chrono::seconds skew);

/// A sentence where a token counts as young and rotated_at was of no use, as it lies in the future
/// or before everything; else empty.
[[nodiscard]] std::string why_young(const record& r, const clock& time, std::chrono::seconds skew);

}  // namespace tokensyncd::sync
