#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/telemetry/audit/audit.hpp"
#include "daemon/telemetry/held_failures.hpp"
#include "daemon/telemetry/log_rate_limiter.hpp"
#include "daemon/telemetry/refused_reload.hpp"
#include "daemon/telemetry/reminders.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// What happens becomes metrics, log and audit. A failure is logged when it is new, not with each
/// retry, and again as `reminders` says while it lasts; its end says how long it was. While the API
/// as a whole fails, no workspace is logged by itself, nor are those by which that is recognised.
/// Many workspaces failing at once log no more than a bound, and how much was left out. For the
/// loop's thread.
class observer final : public sync::events {
 public:
  /// All of it must outlive the observer.
  observer(metrics::daemon_metrics& metrics, logger& log, audit& audit, const clock& time);
  ~observer() override;

  void checked(const sync::check_event& what) override;
  void revised(const sync::revision_event& what) override;
  void answered_stale(const sync::stale_event& what) override;
  void delivered(const sync::delivery_event& what) override;
  void delivery_failed(const sync::delivery_failure_event& what) override;
  void drifted(std::string_view workspace, std::string_view sink) override;
  void upstream_changed(const sync::upstream_event& what) override;
  void denied_all(std::size_t workspaces) override;
  void gone_all(std::size_t workspaces) override;
  /// Counted each time, logged when it begins and once a minute while it lasts.
  void state_failed(const failure& error) override;
  void task_failed(const failure& fault) override;
  void retired(const sync::retirement_event& what) override;
  void hook_ran(const sync::hook_event& what) override;

  /// An event came that the vendor has signed, of use to us or not.
  void event_came(std::string_view type);

  /// What came of a request to the webhook; `workspace`: of an event that names one. What is
  /// refused is logged 5 times at once, then once a minute, each result for itself, as anybody can
  /// send it.
  void event_answered(metrics::webhook_result how, std::string_view workspace);
  void rotating(const sync::rotation_event& what) override;
  void policy_changed(const sync::policy_event& what) override;
  void verified(const sync::verification_event& what) override;

  /// The state has all that it lacked: logged where its failure was.
  void state_recovered();

  /// A reload was taken (null), with these `changes` as a clause, or refused.
  void reloaded(const refused_reload* refused, std::string_view changes = {});

 private:
  void line(log_level level, std::string_view event, std::string_view sentence, log_fields fields);
  void check_succeeded(const sync::check_event& what);
  void check_failed(const sync::check_event& what);
  void log_failure(const held_failure& what);
  void log_held(const std::vector<held_failure>& failures);
  void hide_held();

  metrics::daemon_metrics& metrics_;
  logger& log_;
  audit& audit_;
  const clock& time_;
  log_rate_limiter budget_{1000, 100};
  log_rate_limiter state_budget_{10, 1.0 / 60};    // troubles with the state that begin
  std::optional<steady_time> state_failure_told_;  // none: no trouble that was logged
  log_rate_limiter refused_budget_{5, 1.0 / 60};
  reminders reminders_;
  std::set<failure_kind> causes_told_;  // of the outage that is on
  held_failures held_;
};

}  // namespace tokensyncd::telemetry
