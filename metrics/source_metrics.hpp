#pragma once

#include <array>
#include <chrono>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// The metrics of the checks that ask the source: results, duration, lag and clock skew, in
/// seconds. It reports no errors. Its families belong to `registry`, which must outlive it.
/// Counting is safe from any thread.
class source_metrics {
 public:
  explicit source_metrics(prometheus::Registry& registry);

  /// `lag`: between the time at which a check was due and its start.
  void checked(poll_result how, std::chrono::nanoseconds lag, std::chrono::nanoseconds duration,
               std::chrono::seconds skew);

  /// An answer's rotated_at was no time.
  void time_unreadable() { unreadable_times_->Increment(); }

 private:
  std::array<prometheus::Counter*, poll_result_names.size()> polls_{};
  prometheus::Histogram* request_duration_;
  prometheus::Histogram* schedule_lag_;
  prometheus::Gauge* clock_skew_;
  prometheus::Counter* unreadable_times_;
};

}  // namespace tokensyncd::metrics
