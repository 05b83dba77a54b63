#include "metrics/source_metrics.hpp"

#include <cstddef>
#include <string>

#include "metrics/families.hpp"

namespace tokensyncd::metrics {
namespace {

using buckets = prometheus::Histogram::BucketBoundaries;

const buckets call_buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const buckets lag_buckets{0.001, 0.005, 0.015, 0.05, 0.1, 0.5, 1, 5, 15, 60};

}  // namespace

source_metrics::source_metrics(prometheus::Registry& registry)
    : request_duration_(&histograms(catalog::request_duration, registry).Add({}, call_buckets)),
      schedule_lag_(&histograms(catalog::schedule_lag, registry).Add({}, lag_buckets)),
      clock_skew_(&gauges(catalog::clock_skew, registry).Add({})),
      unreadable_times_(&counters(catalog::unreadable_times, registry).Add({})) {
  auto& polls = counters(catalog::polls, registry);
  for (std::size_t i = 0; i < polls_.size(); ++i) {
    polls_[i] = &polls.Add({{"result", std::string(poll_result_names[i])}});
  }
}

void source_metrics::checked(poll_result how, std::chrono::nanoseconds lag,
                             std::chrono::nanoseconds duration, std::chrono::seconds skew) {
  polls_[static_cast<std::size_t>(how)]->Increment();
  schedule_lag_->Observe(in_seconds(lag));
  request_duration_->Observe(in_seconds(duration));
  clock_skew_->Set(static_cast<double>(skew.count()));
}

}  // namespace tokensyncd::metrics
