#pragma once

#include <array>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "metrics/fleet_numbers.hpp"
#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// The metrics of all workspaces together: how many are in each state, how old the oldest success
/// is (in poll intervals), the rate limit (requests per second) and times (seconds since 1970). It
/// reports no errors. Its families belong to `registry`, which must outlive it. For the loop's
/// thread.
class fleet_metrics {
 public:
  explicit fleet_metrics(prometheus::Registry& registry);

  /// The numbers of a scrape.
  void set(const fleet_numbers& now);

 private:
  std::array<prometheus::Gauge*, workspace_state_names.size()> workspaces_{};
  prometheus::Gauge* oldest_success_;
  prometheus::Gauge* failing_since_;
  prometheus::Gauge* throttled_until_;
  prometheus::Gauge* rate_limit_;
  prometheus::Gauge* last_rotation_;
  prometheus::Gauge* refused_tokens_;
  prometheus::Gauge* policy_next_;
  prometheus::Gauge* policy_stopped_;
};

}  // namespace tokensyncd::metrics
