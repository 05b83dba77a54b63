#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "metrics/catalog.hpp"

// What the groups of daemon_metrics share: they add families of the catalog to a registry, which
// owns them. For any thread.
namespace tokensyncd::metrics {

/// A duration in seconds, at least 0.
[[nodiscard]] inline double in_seconds(std::chrono::nanoseconds duration) {
  return std::max(0.0, std::chrono::duration<double>(duration).count());
}

template <class Builder>
auto& family_of(Builder builder, const description& what, prometheus::Registry& into) {
  return builder.Name(std::string(what.name)).Help(std::string(what.help)).Register(into);
}

inline prometheus::Family<prometheus::Counter>& counters(const description& what,
                                                         prometheus::Registry& into) {
  return family_of(prometheus::BuildCounter(), what, into);
}

inline prometheus::Family<prometheus::Gauge>& gauges(const description& what,
                                                     prometheus::Registry& into) {
  return family_of(prometheus::BuildGauge(), what, into);
}

inline prometheus::Family<prometheus::Histogram>& histograms(const description& what,
                                                             prometheus::Registry& into) {
  return family_of(prometheus::BuildHistogram(), what, into);
}

}  // namespace tokensyncd::metrics
