#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// One sink, as of a scrape.
struct sink_numbers {
  std::string_view name;
  std::size_t out_of_sync = 0;
  std::size_t hook_pending = 0;
  std::size_t hook_failures = 0;
  double failing_since = 0;       ///< seconds since 1970; 0: it isn't failing
  double hook_failing_since = 0;  ///< the same of its hook
};

/// What is read at the time of a scrape rather than counted.
struct fleet_numbers {
  std::array<std::size_t, workspace_state_names.size()> workspaces{};
  std::vector<sink_numbers> sinks;
  /// By sink, seconds since 1970; without those that have no login, or one that never runs out.
  std::vector<std::pair<std::string_view, double>> login_expires;
  /// By sink that logs in, whether its credentials are refused.
  std::vector<std::pair<std::string_view, bool>> login_refused;
  double oldest_success_age_intervals = 0;
  double failing_since = 0;    ///< of the API as a whole; seconds since 1970; 0: it answers
  double throttled_until = 0;  ///< seconds since 1970; 0: it isn't
  double rate_limit_per_second = 0;
  std::uint64_t missed_events = 0;  ///< since start
  double last_rotation = 0;         ///< seconds since 1970; 0: there was none
  std::size_t refused_tokens = 0;
  double policy_next = 0;  ///< seconds since 1970; 0: nothing is rotated by its age
  bool policy_stopped = false;
};

}  // namespace tokensyncd::metrics
