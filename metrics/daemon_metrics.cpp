#include "metrics/daemon_metrics.hpp"

#include <algorithm>

namespace tokensyncd::metrics {
namespace {

using buckets = prometheus::Histogram::BucketBoundaries;

const buckets call_buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const buckets lag_buckets{0.001, 0.005, 0.015, 0.05, 0.1, 0.5, 1, 5, 15, 60};
const buckets propagation_buckets{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600};

double seconds(nanoseconds duration) {
  return std::max(0.0, std::chrono::duration<double>(duration).count());
}

template <class Builder>
auto& family_of(Builder builder, const description& what, prometheus::Registry& into) {
  return builder.Name(std::string(what.name)).Help(std::string(what.help)).Register(into);
}

prometheus::Family<prometheus::Counter>& counters(const description& what,
                                                  prometheus::Registry& into) {
  return family_of(prometheus::BuildCounter(), what, into);
}
prometheus::Family<prometheus::Gauge>& gauges(const description& what, prometheus::Registry& into) {
  return family_of(prometheus::BuildGauge(), what, into);
}
prometheus::Family<prometheus::Histogram>& histograms(const description& what,
                                                      prometheus::Registry& into) {
  return family_of(prometheus::BuildHistogram(), what, into);
}

}  // namespace

struct daemon_metrics::sink_families {
  prometheus::Family<prometheus::Gauge>& out_of_sync;
  prometheus::Family<prometheus::Counter>& writes;
  prometheus::Family<prometheus::Histogram>& propagation;
  prometheus::Family<prometheus::Counter>& hook_runs;
  prometheus::Family<prometheus::Gauge>& hook_pending;
  prometheus::Family<prometheus::Gauge>& hook_failures;
};

struct daemon_metrics::sink_children {
  prometheus::Gauge* out_of_sync = nullptr;
  prometheus::Histogram* propagation = nullptr;
  std::array<prometheus::Counter*, write_result_names.size()> writes{};
  std::array<prometheus::Counter*, hook_result_names.size()> hook_runs{};
  prometheus::Gauge* hook_pending = nullptr;
  prometheus::Gauge* hook_failures = nullptr;
};

/// A registry of their own, so that they can come and go as one.
struct daemon_metrics::webhook_counters {
  webhook_counters() : missed(&counters(catalog::webhook_missed, registry).Add({})) {
    auto& family = counters(catalog::webhook_requests, registry);
    for (std::size_t i = 0; i < requests.size(); ++i)
      requests[i] = &family.Add({{"result", std::string(webhook_result_names[i])}});
    auto& events = gauges(catalog::webhook_last_event, registry);
    for (std::size_t i = 0; i < last.size(); ++i)
      last_event[i] = &events.Add({{"type", std::string(webhook_event_types[i])}});
  }
  prometheus::Registry registry;
  last_events last;
  std::array<prometheus::Gauge*, webhook_event_types.size()> last_event{};
  prometheus::Counter* missed;
  std::array<prometheus::Counter*, webhook_result_names.size()> requests{};
};

daemon_metrics::daemon_metrics(std::string_view version, std::string_view revision)
    : request_duration_(&histograms(catalog::request_duration, registry_).Add({}, call_buckets)),
      schedule_lag_(&histograms(catalog::schedule_lag, registry_).Add({}, lag_buckets)),
      clock_skew_(&gauges(catalog::clock_skew, registry_).Add({})),
      oldest_success_(&gauges(catalog::oldest_success, registry_).Add({})),
      throttled_until_(&gauges(catalog::throttled_until, registry_).Add({})),
      rate_limit_(&gauges(catalog::rate_limit, registry_).Add({})),
      last_rotation_(&gauges(catalog::last_rotation, registry_).Add({})),
      reload_successful_(&gauges(catalog::reload_successful, registry_).Add({})),
      reload_time_(&gauges(catalog::reload_time, registry_).Add({})),
      unreadable_times_(&counters(catalog::unreadable_times, registry_).Add({})),
      state_errors_(&counters(catalog::state_errors, registry_).Add({})),
      task_failures_(&counters(catalog::task_failures, registry_).Add({})),
      audit_errors_(&counters(catalog::audit_errors, registry_).Add({})) {
  of_sinks_.reset(new sink_families{
      gauges(catalog::sink_out_of_sync, registry_), counters(catalog::sink_writes, registry_),
      histograms(catalog::propagation, registry_), counters(catalog::hook_runs, registry_),
      gauges(catalog::hook_pending, registry_), gauges(catalog::hook_failures, registry_)});
  gauges(catalog::build_info, registry_)
      .Add({{"version", std::string(version)}, {"revision", std::string(revision)}})
      .Set(1);
  auto& polls = counters(catalog::polls, registry_);
  for (std::size_t i = 0; i < polls_.size(); ++i) {
    polls_[i] = &polls.Add({{"result", std::string(poll_result_names[i])}});
  }
  auto& states = gauges(catalog::workspaces, registry_);
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    workspaces_[i] = &states.Add({{"state", std::string(workspace_state_names[i])}});
  }
  auto& refused = gauges(catalog::refused, registry_);
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = &refused.Add({{"reason", std::string(refusal_reason_names[i])}});
  }
}

daemon_metrics::~daemon_metrics() = default;

void daemon_metrics::sinks(std::span<const std::string> names) {
  std::erase_if(sinks_, [&](auto& entry) {
    if (std::ranges::find(names, entry.first) != names.end()) return false;
    of_sinks_->out_of_sync.Remove(entry.second.out_of_sync);
    of_sinks_->propagation.Remove(entry.second.propagation);
    for (auto* counter : entry.second.writes) of_sinks_->writes.Remove(counter);
    for (auto* counter : entry.second.hook_runs) of_sinks_->hook_runs.Remove(counter);
    of_sinks_->hook_pending.Remove(entry.second.hook_pending);
    of_sinks_->hook_failures.Remove(entry.second.hook_failures);
    return true;
  });
  for (const std::string& name : names) {
    if (sinks_.contains(name)) continue;
    sink_children children;
    children.out_of_sync = &of_sinks_->out_of_sync.Add({{"sink", name}});
    children.propagation = &of_sinks_->propagation.Add({{"sink", name}}, propagation_buckets);
    for (std::size_t i = 0; i < children.writes.size(); ++i) {
      children.writes[i] =
          &of_sinks_->writes.Add({{"sink", name}, {"result", std::string(write_result_names[i])}});
    }
    for (std::size_t i = 0; i < children.hook_runs.size(); ++i) {
      children.hook_runs[i] = &of_sinks_->hook_runs.Add(
          {{"sink", name}, {"result", std::string(hook_result_names[i])}});
    }
    children.hook_pending = &of_sinks_->hook_pending.Add({{"sink", name}});
    children.hook_failures = &of_sinks_->hook_failures.Add({{"sink", name}});
    sinks_.emplace(name, children);
  }
}

void daemon_metrics::webhook(bool listens) {
  if (!listens) {
    webhook_.reset();
  } else if (!webhook_) {
    webhook_ = std::make_unique<webhook_counters>();
  }
}

void daemon_metrics::event_came(std::string_view type, std::chrono::sys_seconds now) {
  if (!webhook_) return;
  const auto place = static_cast<std::size_t>(std::ranges::find(webhook_event_types, type) -
                                              webhook_event_types.begin());
  const std::size_t index = std::min(place, webhook_event_types.size() - 1);
  webhook_->last[index] = now;
  webhook_->last_event[index]->Set(static_cast<double>(now.time_since_epoch().count()));
}

std::optional<last_events> daemon_metrics::events() const {
  if (!webhook_) return {};
  return webhook_->last;
}

void daemon_metrics::event_answered(webhook_result how) {
  if (webhook_) webhook_->requests[static_cast<std::size_t>(how)]->Increment();
}

void daemon_metrics::checked(poll_result how, nanoseconds lag, nanoseconds duration,
                             std::chrono::seconds skew) {
  polls_[static_cast<std::size_t>(how)]->Increment();
  schedule_lag_->Observe(seconds(lag));
  request_duration_->Observe(seconds(duration));
  clock_skew_->Set(static_cast<double>(skew.count()));
}

void daemon_metrics::delivered(std::string_view sink, write_result how,
                               std::optional<nanoseconds> propagation) {
  // A write that was under way when its sink left is nobody's any more.
  const auto found = sinks_.find(sink);
  if (found == sinks_.end()) return;
  found->second.writes[static_cast<std::size_t>(how)]->Increment();
  if (propagation) found->second.propagation->Observe(seconds(*propagation));
}

void daemon_metrics::hook_ran(std::string_view sink, hook_result how) {
  const auto found = sinks_.find(sink);
  if (found != sinks_.end()) found->second.hook_runs[static_cast<std::size_t>(how)]->Increment();
}

void daemon_metrics::reloaded(std::chrono::sys_seconds now) {
  reload_successful_->Set(1);
  reload_time_->Set(static_cast<double>(now.time_since_epoch().count()));
  for (prometheus::Gauge* each : refused_) each->Set(0);
}

void daemon_metrics::reload_refused(refusal_reason why) {
  reload_successful_->Set(0);
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i]->Set(i == static_cast<std::size_t>(why) ? 1 : 0);
  }
}

void daemon_metrics::fleet(const fleet_numbers& now) {
  for (std::size_t i = 0; i < workspaces_.size(); ++i) {
    workspaces_[i]->Set(static_cast<double>(now.workspaces[i]));
  }
  for (const sink_numbers& each : now.sinks) {
    const auto found = sinks_.find(each.name);
    if (found == sinks_.end()) continue;
    found->second.out_of_sync->Set(static_cast<double>(each.out_of_sync));
    found->second.hook_pending->Set(static_cast<double>(each.hook_pending));
    found->second.hook_failures->Set(static_cast<double>(each.hook_failures));
  }
  login_expires_.assign(now.login_expires.begin(), now.login_expires.end());
  login_refused_.assign(now.login_refused.begin(), now.login_refused.end());
  oldest_success_->Set(now.oldest_success_age_intervals);
  throttled_until_->Set(now.throttled_until);
  rate_limit_->Set(now.rate_limit_per_second);
  last_rotation_->Set(now.last_rotation);
  if (!webhook_) return;
  const auto missed = static_cast<double>(now.missed_events);
  webhook_->missed->Increment(std::max(0.0, missed - webhook_->missed->Value()));
}

void daemon_metrics::append(exposition& out) const {
  for (const prometheus::MetricFamily& each : registry_.Collect()) out.family(each);
  // Not in the registry, as its series come and go with each login.
  out.begin(catalog::vault_token_expiration);
  for (const auto& [sink, when] : login_expires_) {
    const label labels[] = {{"sink", sink}};
    out.sample(catalog::vault_token_expiration, labels, when);
  }
  out.begin(catalog::vault_login_refused);
  for (const auto& [sink, is_refused] : login_refused_) {
    const label labels[] = {{"sink", sink}};
    out.sample(catalog::vault_login_refused, labels, is_refused ? 1 : 0);
  }
  if (!webhook_) return;
  for (const prometheus::MetricFamily& each : webhook_->registry.Collect()) out.family(each);
}

}  // namespace tokensyncd::metrics
