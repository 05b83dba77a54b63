#include "metrics/fleet_metrics.hpp"

#include <cstddef>
#include <string>

#include "metrics/families.hpp"

namespace tokensyncd::metrics {

fleet_metrics::fleet_metrics(prometheus::Registry& registry)
    : oldest_success_(&gauges(catalog::oldest_success, registry).Add({})),
      failing_since_(&gauges(catalog::source_failing_since, registry).Add({})),
      throttled_until_(&gauges(catalog::throttled_until, registry).Add({})),
      rate_limit_(&gauges(catalog::rate_limit, registry).Add({})),
      last_rotation_(&gauges(catalog::last_rotation, registry).Add({})),
      refused_tokens_(&gauges(catalog::refused_tokens, registry).Add({})),
      policy_next_(&gauges(catalog::policy_next, registry).Add({})),
      policy_stopped_(&gauges(catalog::policy_stopped, registry).Add({})) {
  auto& states = gauges(catalog::workspaces, registry);
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    workspaces_[i] = &states.Add({{"state", std::string(workspace_state_names[i])}});
  }
}

void fleet_metrics::set(const fleet_numbers& now) {
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    workspaces_[i]->Set(static_cast<double>(now.workspaces[i]));
  }
  oldest_success_->Set(now.oldest_success_age_intervals);
  failing_since_->Set(now.failing_since);
  throttled_until_->Set(now.throttled_until);
  rate_limit_->Set(now.rate_limit_per_second);
  last_rotation_->Set(now.last_rotation);
  refused_tokens_->Set(static_cast<double>(now.refused_tokens));
  policy_next_->Set(now.policy_next);
  policy_stopped_->Set(now.policy_stopped ? 1 : 0);
}

}  // namespace tokensyncd::metrics
