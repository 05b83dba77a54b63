#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "metrics/exposition.hpp"
#include "metrics/fleet_metrics.hpp"
#include "metrics/fleet_numbers.hpp"
#include "metrics/labels.hpp"
#include "metrics/reload_metrics.hpp"
#include "metrics/sink_metrics.hpp"
#include "metrics/source_metrics.hpp"

namespace tokensyncd::metrics {

using std::chrono::nanoseconds;

class webhook_metrics;

/// A certificate that is shown to others.
struct certificate_numbers {
  std::string used_by;
  std::chrono::duration<double> expires{};  ///< since 1970
};

/// The metrics whose number doesn't depend on the workspaces, by what happened. Each subject has a
/// class of its own (source, fleet, reload, sinks with their hooks, webhook); this one is the only
/// one that others need to know. Their children are there from the start, those of a sink from
/// sinks() on. It reports no errors. Counting is safe from any thread, the rest is for the loop's.
class daemon_metrics {
 public:
  /// `revision`: of the source, e.g. a commit.
  daemon_metrics(std::string_view version, std::string_view revision);
  ~daemon_metrics();
  daemon_metrics(const daemon_metrics&) = delete;
  daemon_metrics& operator=(const daemon_metrics&) = delete;

  /// The sinks that there are; series of others end. At start and after each reload.
  void sinks(std::span<const std::string> names) { sinks_.keep(names); }

  /// Whether events are listened for; without, there are no series of them. At start and after each
  /// reload.
  void webhook(bool listens);

  /// An event of the vendor's came.
  void event_came(std::string_view type, std::chrono::sys_seconds now);

  /// When events last came; none where they aren't listened for.
  [[nodiscard]] std::optional<last_events> events() const;

  /// What came of a request to the webhook.
  void event_answered(webhook_result how);

  void checked(poll_result how, nanoseconds lag, nanoseconds duration, std::chrono::seconds skew) {
    source_.checked(how, lag, duration, skew);
  }

  /// `propagation`: for a rotation that was seen while running.
  void delivered(std::string_view sink, write_result how,
                 std::optional<nanoseconds> propagation = {}) {
    sinks_.delivered(sink, how, propagation);
  }

  void hook_ran(std::string_view sink, hook_result how) { sinks_.hook_ran(sink, how); }

  /// An answer's rotated_at was no time.
  void time_unreadable() { source_.time_unreadable(); }

  void state_failed() { state_errors_->Increment(); }
  void task_failed() { task_failures_->Increment(); }
  void audit_failed() { audit_errors_->Increment(); }
  void reloaded(std::chrono::sys_seconds now) { reload_.succeeded(now); }
  void reload_refused(refusal_reason why) { reload_.refused(why); }
  void fleet(const fleet_numbers& now);

  /// When the certificates expire that are shown to others.
  void certificates(std::vector<certificate_numbers> all) { certificates_ = std::move(all); }

  /// Writes all of them.
  void append(exposition& out) const;

 private:
  void append_certificates(exposition& out) const;

  prometheus::Registry registry_;
  source_metrics source_;
  fleet_metrics fleet_;
  reload_metrics reload_;
  sink_metrics sinks_;
  prometheus::Counter* state_errors_;
  prometheus::Counter* task_failures_;
  prometheus::Counter* audit_errors_;
  std::vector<certificate_numbers> certificates_;
  std::unique_ptr<webhook_metrics> webhook_;  ///< null: events aren't listened for
};

}  // namespace tokensyncd::metrics
