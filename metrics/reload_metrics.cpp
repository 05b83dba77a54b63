#include "metrics/reload_metrics.hpp"

#include <cstddef>
#include <string>

#include "metrics/families.hpp"

namespace tokensyncd::metrics {

reload_metrics::reload_metrics(prometheus::Registry& registry)
    : successful_(&gauges(catalog::reload_successful, registry).Add({})),
      time_(&gauges(catalog::reload_time, registry).Add({})) {
  auto& refused = gauges(catalog::refused, registry);
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = &refused.Add({{"reason", std::string(refusal_reason_names[i])}});
  }
}

void reload_metrics::succeeded(std::chrono::sys_seconds now) {
  successful_->Set(1);
  time_->Set(static_cast<double>(now.time_since_epoch().count()));
  for (prometheus::Gauge* each : refused_) each->Set(0);
}

void reload_metrics::refused(refusal_reason why) {
  successful_->Set(0);
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i]->Set(i == static_cast<std::size_t>(why) ? 1 : 0);
  }
}

}  // namespace tokensyncd::metrics
