#include "metrics/webhook_metrics.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "metrics/families.hpp"

namespace tokensyncd::metrics {

webhook_metrics::webhook_metrics()
    : missed_(&counters(catalog::webhook_missed, registry_).Add({})) {
  auto& family = counters(catalog::webhook_requests, registry_);
  for (std::size_t i = 0; i < requests_.size(); ++i)
    requests_[i] = &family.Add({{"result", std::string(webhook_result_names[i])}});
  auto& events = gauges(catalog::webhook_last_event, registry_);
  for (std::size_t i = 0; i < last_.size(); ++i)
    last_event_[i] = &events.Add({{"type", std::string(webhook_event_types[i])}});
}

void webhook_metrics::came(std::string_view type, std::chrono::sys_seconds now) {
  const auto place = static_cast<std::size_t>(std::ranges::find(webhook_event_types, type) -
                                              webhook_event_types.begin());
  const std::size_t index = std::min(place, webhook_event_types.size() - 1);
  last_[index] = now;
  last_event_[index]->Set(static_cast<double>(now.time_since_epoch().count()));
}

void webhook_metrics::answered(webhook_result how) {
  requests_[static_cast<std::size_t>(how)]->Increment();
}

void webhook_metrics::missed(std::uint64_t total) {
  missed_->Increment(std::max(0.0, static_cast<double>(total) - missed_->Value()));
}

void webhook_metrics::append(exposition& out) const {
  for (const prometheus::MetricFamily& each : registry_.Collect()) out.family(each);
}

}  // namespace tokensyncd::metrics
