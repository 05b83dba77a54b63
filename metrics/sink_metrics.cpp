#include "metrics/sink_metrics.hpp"

#include <algorithm>
#include <cstddef>

#include "metrics/families.hpp"

namespace tokensyncd::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries propagation_buckets{0.1, 0.25, 0.5, 1,   2.5, 5,   10,
                                                                  30,  60,   120, 300, 900, 3600};

}  // namespace

sink_metrics::sink_metrics(prometheus::Registry& registry)
    : families_{gauges(catalog::sink_out_of_sync, registry),
                counters(catalog::sink_writes, registry),
                histograms(catalog::propagation, registry),
                counters(catalog::hook_runs, registry),
                gauges(catalog::hook_pending, registry),
                gauges(catalog::hook_failures, registry),
                gauges(catalog::sink_failing_since, registry),
                gauges(catalog::hook_failing_since, registry)} {}

void sink_metrics::keep(std::span<const std::string> names) {
  std::erase_if(sinks_, [&](auto& entry) {
    if (std::ranges::find(names, entry.first) != names.end()) return false;
    remove(entry.second);
    return true;
  });
  for (const std::string& name : names) {
    if (!sinks_.contains(name)) sinks_.emplace(name, make(name));
  }
}

sink_metrics::sink_children sink_metrics::make(const std::string& name) {
  sink_children children;
  children.out_of_sync = &families_.out_of_sync.Add({{"sink", name}});
  children.propagation = &families_.propagation.Add({{"sink", name}}, propagation_buckets);
  for (std::size_t i = 0; i < children.writes.size(); ++i) {
    children.writes[i] =
        &families_.writes.Add({{"sink", name}, {"result", std::string(write_result_names[i])}});
  }
  for (std::size_t i = 0; i < children.hook_runs.size(); ++i) {
    children.hook_runs[i] =
        &families_.hook_runs.Add({{"sink", name}, {"result", std::string(hook_result_names[i])}});
  }
  children.hook_pending = &families_.hook_pending.Add({{"sink", name}});
  children.hook_failures = &families_.hook_failures.Add({{"sink", name}});
  children.failing_since = &families_.failing_since.Add({{"sink", name}});
  children.hook_failing_since = &families_.hook_failing_since.Add({{"sink", name}});
  return children;
}

void sink_metrics::remove(const sink_children& children) {
  families_.out_of_sync.Remove(children.out_of_sync);
  families_.propagation.Remove(children.propagation);
  for (auto* counter : children.writes) families_.writes.Remove(counter);
  for (auto* counter : children.hook_runs) families_.hook_runs.Remove(counter);
  families_.hook_pending.Remove(children.hook_pending);
  families_.hook_failures.Remove(children.hook_failures);
  families_.failing_since.Remove(children.failing_since);
  families_.hook_failing_since.Remove(children.hook_failing_since);
}

void sink_metrics::delivered(std::string_view sink, write_result how,
                             std::optional<std::chrono::nanoseconds> propagation) {
  // A write that was under way when its sink left is nobody's any more.
  const auto found = sinks_.find(sink);
  if (found == sinks_.end()) return;
  found->second.writes[static_cast<std::size_t>(how)]->Increment();
  if (propagation) found->second.propagation->Observe(in_seconds(*propagation));
}

void sink_metrics::hook_ran(std::string_view sink, hook_result how) {
  const auto found = sinks_.find(sink);
  if (found != sinks_.end()) found->second.hook_runs[static_cast<std::size_t>(how)]->Increment();
}

void sink_metrics::set(const fleet_numbers& now) {
  for (const sink_numbers& each : now.sinks) {
    const auto found = sinks_.find(each.name);
    if (found == sinks_.end()) continue;
    found->second.out_of_sync->Set(static_cast<double>(each.out_of_sync));
    found->second.hook_pending->Set(static_cast<double>(each.hook_pending));
    found->second.hook_failures->Set(static_cast<double>(each.hook_failures));
    found->second.failing_since->Set(each.failing_since);
    found->second.hook_failing_since->Set(each.hook_failing_since);
  }
  login_expires_.assign(now.login_expires.begin(), now.login_expires.end());
  login_refused_.assign(now.login_refused.begin(), now.login_refused.end());
}

void sink_metrics::append_logins(exposition& out) const {
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
}

}  // namespace tokensyncd::metrics
