#include "metrics/daemon_metrics.hpp"

#include "metrics/families.hpp"
#include "metrics/webhook_metrics.hpp"

namespace tokensyncd::metrics {

daemon_metrics::daemon_metrics(std::string_view version, std::string_view revision)
    : source_(registry_),
      fleet_(registry_),
      reload_(registry_),
      sinks_(registry_),
      state_errors_(&counters(catalog::state_errors, registry_).Add({})),
      task_failures_(&counters(catalog::task_failures, registry_).Add({})),
      audit_errors_(&counters(catalog::audit_errors, registry_).Add({})) {
  gauges(catalog::build_info, registry_)
      .Add({{"version", std::string(version)}, {"revision", std::string(revision)}})
      .Set(1);
}

daemon_metrics::~daemon_metrics() = default;

void daemon_metrics::webhook(bool listens) {
  if (!listens) {
    webhook_.reset();
  } else if (!webhook_) {
    webhook_ = std::make_unique<webhook_metrics>();
  }
}

void daemon_metrics::event_came(std::string_view type, std::chrono::sys_seconds now) {
  if (webhook_) webhook_->came(type, now);
}

std::optional<last_events> daemon_metrics::events() const {
  if (!webhook_) return {};
  return webhook_->last();
}

void daemon_metrics::event_answered(webhook_result how) {
  if (webhook_) webhook_->answered(how);
}

void daemon_metrics::fleet(const fleet_numbers& now) {
  fleet_.set(now);
  sinks_.set(now);
  if (webhook_) webhook_->missed(now.missed_events);
}

/// Not in the registry, as its series come and go with a reload.
void daemon_metrics::append_certificates(exposition& out) const {
  out.begin(catalog::certificate_expiration);
  for (const certificate_numbers& each : certificates_) {
    const label labels[] = {{"used_by", each.used_by}};
    out.sample(catalog::certificate_expiration, labels, each.expires.count());
  }
}

void daemon_metrics::append(exposition& out) const {
  for (const prometheus::MetricFamily& each : registry_.Collect()) out.family(each);
  sinks_.append_logins(out);
  append_certificates(out);
  if (webhook_) webhook_->append(out);
}

}  // namespace tokensyncd::metrics
