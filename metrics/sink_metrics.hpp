#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "metrics/exposition.hpp"
#include "metrics/fleet_numbers.hpp"
#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// The metrics of each sink and of its hook: writes, propagation (seconds), hook runs, destinations
/// out of sync, and logins (seconds since 1970). It reports no errors; numbers of an unknown sink
/// are dropped. Its families belong to `registry`, which must outlive it. Counting is safe from any
/// thread between two calls of keep(), the rest is for the loop's.
class sink_metrics {
 public:
  explicit sink_metrics(prometheus::Registry& registry);

  /// The sinks that there are; series of others end.
  void keep(std::span<const std::string> names);

  /// `propagation`: for a rotation that was seen while running.
  void delivered(std::string_view sink, write_result how,
                 std::optional<std::chrono::nanoseconds> propagation);

  void hook_ran(std::string_view sink, hook_result how);

  /// The numbers of a scrape.
  void set(const fleet_numbers& now);

  /// Writes the metrics of logins, which are not in the registry.
  void append_logins(exposition& out) const;

 private:
  struct sink_families {
    prometheus::Family<prometheus::Gauge>& out_of_sync;
    prometheus::Family<prometheus::Counter>& writes;
    prometheus::Family<prometheus::Histogram>& propagation;
    prometheus::Family<prometheus::Counter>& hook_runs;
    prometheus::Family<prometheus::Gauge>& hook_pending;
    prometheus::Family<prometheus::Gauge>& hook_failures;
    prometheus::Family<prometheus::Gauge>& failing_since;
    prometheus::Family<prometheus::Gauge>& hook_failing_since;
  };
  struct sink_children {
    prometheus::Gauge* out_of_sync = nullptr;
    prometheus::Histogram* propagation = nullptr;
    std::array<prometheus::Counter*, write_result_names.size()> writes{};
    std::array<prometheus::Counter*, hook_result_names.size()> hook_runs{};
    prometheus::Gauge* hook_pending = nullptr;
    prometheus::Gauge* hook_failures = nullptr;
    prometheus::Gauge* failing_since = nullptr;
    prometheus::Gauge* hook_failing_since = nullptr;
  };

  [[nodiscard]] sink_children make(const std::string& name);
  void remove(const sink_children& children);

  sink_families families_;
  std::map<std::string, sink_children, std::less<>> sinks_;
  std::vector<std::pair<std::string, double>> login_expires_;
  std::vector<std::pair<std::string, bool>> login_refused_;
};

}  // namespace tokensyncd::metrics
