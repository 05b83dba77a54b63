#pragma once

#include <array>
#include <chrono>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "metrics/labels.hpp"

namespace tokensyncd::metrics {

/// The metrics of the configuration in use: whether the last reload succeeded, when the last one
/// that did was (seconds since 1970), and why one was refused. It reports no errors. Its families
/// belong to `registry`, which must outlive it. Setting is safe from any thread.
class reload_metrics {
 public:
  explicit reload_metrics(prometheus::Registry& registry);

  void succeeded(std::chrono::sys_seconds now);
  void refused(refusal_reason why);

 private:
  prometheus::Gauge* successful_;
  prometheus::Gauge* time_;
  std::array<prometheus::Gauge*, refusal_reason_names.size()> refused_{};
};

}  // namespace tokensyncd::metrics
