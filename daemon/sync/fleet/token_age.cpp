#include "daemon/sync/fleet/token_age.hpp"

#include <algorithm>

namespace tokensyncd::sync {

bool is_in_future(std::optional<wall_time> when, wall_time now) noexcept {
  constexpr std::chrono::minutes clocks_differ_by{5};
  return when && *when > now + clocks_differ_by;
}

bool is_before_all(std::optional<wall_time> when) noexcept {
  constexpr wall_time first_possible{std::chrono::sys_days{std::chrono::year{2015} / 1 / 1}};
  return when && *when < first_possible;
}

std::chrono::nanoseconds age_of(const record& r, const clock& time, std::chrono::seconds skew) {
  const wall_time now = time.wall() + skew;
  const std::optional<wall_time>& rotated_at = r.wanted.rotated_at;
  const std::chrono::nanoseconds known_for = time.now() - r.known_since;
  // A time to come says nothing about an age: by it the token would be young for ever. By a zero
  // time it would be old for ever, and a timer would replace it each night.
  if (!rotated_at || is_in_future(rotated_at, now) || is_before_all(rotated_at)) return known_for;
  const auto by_its_time = elapsed(*rotated_at, now);
  const bool was_seen_to_come = r.wanted.generation > 1;
  return was_seen_to_come ? std::min(by_its_time, known_for) : by_its_time;
}

bool is_younger(const record& r, std::chrono::milliseconds limit, const clock& time,
                std::chrono::seconds skew) {
  const bool is_known = r.wanted.rotated_at || r.wanted.generation != 0;
  return !is_known || age_of(r, time, skew) < limit;
}

std::string why_young(const record& r, const clock& time, std::chrono::seconds skew) {
  const bool is_future = is_in_future(r.wanted.rotated_at, time.wall() + skew);
  if (!is_future && !is_before_all(r.wanted.rotated_at)) return {};
  const std::string when = " (" + format_rfc3339(*r.wanted.rotated_at) + ")";
  const std::string why = is_future
                              ? "lies in the future" + when +
                                    ", so its age counts from when it "
                                    "was first seen here; check this machine's clock, or "
                              : "is too old to be the time of a rotation" + when +
                                    ", so its age counts from when it was first seen here; to "
                                    "replace it now, ";
  return "workspace " + r.id + ": its rotated_at " + why + "rotate without --if-older-than";
}

}  // namespace tokensyncd::sync
