#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "metrics/exposition.hpp"
#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// The metrics of the webhook listener: requests by result, the time of the last event of each type
/// (seconds since 1970), and missed events. They have a registry of their own, so that they come
/// and go as one. It reports no errors. answered() is safe from any thread, the rest is for the
/// loop's.
class webhook_metrics {
 public:
  webhook_metrics();

  /// An event of the vendor's came.
  void came(std::string_view type, std::chrono::sys_seconds now);

  /// What came of a request.
  void answered(webhook_result how);

  /// `total`: events missed since start.
  void missed(std::uint64_t total);

  /// When events last came.
  [[nodiscard]] const last_events& last() const noexcept { return last_; }

  /// Writes all of them.
  void append(exposition& out) const;

 private:
  prometheus::Registry registry_;
  last_events last_;
  std::array<prometheus::Gauge*, webhook_event_types.size()> last_event_{};
  prometheus::Counter* missed_;
  std::array<prometheus::Counter*, webhook_result_names.size()> requests_{};
};

}  // namespace tokensyncd::metrics
