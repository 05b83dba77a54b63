#include "daemon/telemetry/log_rate_limiter.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tokensyncd::telemetry {

void log_rate_limiter::fill(entry& of, steady_time now) const {
  const double passed = std::chrono::duration<double>(now - of.filled).count();
  of.left = std::min(burst_, of.left + std::max(0.0, passed) * rate_);
  of.filled = now;
}

bool log_rate_limiter::allow(std::string_view event, steady_time now, log_level level) {
  auto found = std::ranges::find(entries_, event, &entry::event);
  if (found == entries_.end()) found = entries_.insert(found, {event, burst_, now});
  fill(*found, now);
  if (found->left < 1) {
    ++found->lost;
    found->worst_lost = std::max(found->worst_lost, level);
    return false;
  }
  --found->left;
  return true;
}

std::optional<log_rate_limiter::suppressed> log_rate_limiter::take_suppressed(steady_time now) {
  for (entry& each : entries_) {
    if (each.lost == 0) continue;
    fill(each, now);
    if (each.left < 1) continue;
    return suppressed{each.event, std::exchange(each.lost, 0),
                      std::exchange(each.worst_lost, log_level::debug)};
  }
  return std::nullopt;
}

}  // namespace tokensyncd::telemetry
