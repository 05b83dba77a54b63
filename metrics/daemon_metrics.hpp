#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "metrics/exposition.hpp"

namespace tokensyncd::metrics {

using std::chrono::nanoseconds;

/// The label `result` of source_polls_total.
enum class poll_result : std::uint8_t { changed, unchanged, stale, error, throttled, denied, gone };
inline constexpr std::array<std::string_view, 7> poll_result_names{
    "changed", "unchanged", "stale", "error", "throttled", "denied", "gone"};

/// The label `result` of sink_writes_total.
enum class write_result : std::uint8_t { written, unchanged, repaired, conflict, error };
inline constexpr std::array<std::string_view, 5> write_result_names{
    "written", "unchanged", "repaired", "conflict", "error"};

/// The label `result` of hook_runs_total.
enum class hook_result : std::uint8_t { ok, failed, timeout };
inline constexpr std::array<std::string_view, 3> hook_result_names{"ok", "failed", "timeout"};

/// The label `state` of workspaces, in the order of fleet_numbers::workspaces.
inline constexpr std::array<std::string_view, 6> workspace_state_names{"ok",   "stale", "denied",
                                                                       "gone", "never", "disputed"};

/// The label `result` of webhook_requests_total.
enum class webhook_result : std::uint8_t {
  accepted,
  ignored,
  duplicate,
  not_signed,
  bad_signature,
  bad_header,
  bad_claims,
  wrong_partner,
  not_yet_valid,
  expired,
  unknown_workspace,
  malformed,
  too_large
};
inline constexpr std::array<std::string_view, 13> webhook_result_names{
    "accepted",          "ignored",    "duplicate",     "not_signed",    "bad_signature",
    "bad_header",        "bad_claims", "wrong_partner", "not_yet_valid", "expired",
    "unknown_workspace", "malformed",  "too_large"};

/// The label `type` of webhook_last_event: the vendor's words, and the last for any other type.
inline constexpr std::array<std::string_view, 9> webhook_event_types{
    "api_token:rotated",
    "workspace:seats_full",
    "workspace:quota_near_full:messaging",
    "workspace:quota_full:messaging",
    "workspace:quota_full:transactions",
    "workspace:quota_full:api_calls",
    "whatsapp_account:connected",
    "whatsapp_account:disconnected",
    "other"};

/// When an event of each type last came, in the order of webhook_event_types; none since start.
using last_events = std::array<std::optional<std::chrono::sys_seconds>, webhook_event_types.size()>;

/// The label `reason` of config_refused: why a reload was refused.
enum class refusal_reason : std::uint8_t {
  invalid,  ///< the configuration has errors; a start would fail on it
  restart,  ///< it changes what only a restart can change
  removal   ///< a watched change takes away too many workspaces; a start would take it
};
inline constexpr std::array<std::string_view, 3> refusal_reason_names{"invalid", "restart",
                                                                      "removal"};

/// The label `trigger` of token_rotations_total, as the daemon names them.
inline constexpr std::array<std::string_view, 4> trigger_names{"poll", "webhook", "startup",
                                                               "command"};

/// One sink, as of a scrape.
struct sink_numbers {
  std::string_view name;
  std::size_t out_of_sync = 0;
  std::size_t hook_pending = 0;
  std::size_t hook_failures = 0;
};

/// What is read at the time of a scrape rather than counted.
struct fleet_numbers {
  std::array<std::size_t, workspace_state_names.size()> workspaces{};
  std::vector<sink_numbers> sinks;
  /// By sink, seconds since 1970; without those that have no login, or one that never runs out.
  std::vector<std::pair<std::string_view, double>> login_expires;
  /// By sink that logs in, whether its credentials are refused.
  std::vector<std::pair<std::string_view, bool>> login_refused;
  double oldest_success_age_intervals = 0;
  double throttled_until = 0;  ///< seconds since 1970; 0: it isn't
  double rate_limit_per_second = 0;
  std::uint64_t missed_events = 0;  ///< since start
  double last_rotation = 0;         ///< seconds since 1970; 0: there was none
};

/// The metrics whose number doesn't depend on the workspaces, by what happened. Their children are
/// there from the start, those of a sink from sinks() on. Counting is safe from any thread, the
/// rest is for the loop's.
class daemon_metrics {
 public:
  /// `revision`: of the source, e.g. a commit.
  daemon_metrics(std::string_view version, std::string_view revision);
  ~daemon_metrics();
  daemon_metrics(const daemon_metrics&) = delete;
  daemon_metrics& operator=(const daemon_metrics&) = delete;

  /// The sinks that there are; series of others end. At start and after each reload.
  void sinks(std::span<const std::string> names);

  /// Whether events are listened for; without, there are no series of them. At start and after each
  /// reload.
  void webhook(bool listens);

  /// An event of the vendor's came.
  void event_came(std::string_view type, std::chrono::sys_seconds now);

  /// When events last came; none where they aren't listened for.
  [[nodiscard]] std::optional<last_events> events() const;

  /// What came of a request to the webhook.
  void event_answered(webhook_result how);

  void checked(poll_result how, nanoseconds lag, nanoseconds duration, std::chrono::seconds skew);

  /// `propagation`: for a rotation that was seen while running.
  void delivered(std::string_view sink, write_result how,
                 std::optional<nanoseconds> propagation = {});

  void hook_ran(std::string_view sink, hook_result how);

  /// An answer's rotated_at was no time.
  void time_unreadable() { unreadable_times_->Increment(); }

  void state_failed() { state_errors_->Increment(); }
  void task_failed() { task_failures_->Increment(); }
  void audit_failed() { audit_errors_->Increment(); }
  void reloaded(std::chrono::sys_seconds now);
  void reload_refused(refusal_reason why);
  void fleet(const fleet_numbers& now);

  /// Writes all of them.
  void append(exposition& out) const;

 private:
  struct sink_children;
  struct sink_families;
  struct webhook_counters;

  prometheus::Registry registry_;
  std::array<prometheus::Counter*, poll_result_names.size()> polls_{};
  std::array<prometheus::Gauge*, workspace_state_names.size()> workspaces_{};
  std::array<prometheus::Gauge*, refusal_reason_names.size()> refused_{};
  prometheus::Histogram* request_duration_;
  prometheus::Histogram* schedule_lag_;
  prometheus::Gauge* clock_skew_;
  prometheus::Gauge* oldest_success_;
  prometheus::Gauge* throttled_until_;
  prometheus::Gauge* rate_limit_;
  prometheus::Gauge* last_rotation_;
  prometheus::Gauge* reload_successful_;
  prometheus::Gauge* reload_time_;
  prometheus::Counter* unreadable_times_;
  prometheus::Counter* state_errors_;
  prometheus::Counter* task_failures_;
  prometheus::Counter* audit_errors_;
  std::unique_ptr<sink_families> of_sinks_;
  std::map<std::string, sink_children, std::less<>> sinks_;
  std::vector<std::pair<std::string, double>> login_expires_;
  std::vector<std::pair<std::string, bool>> login_refused_;
  std::unique_ptr<webhook_counters> webhook_;  ///< null: events aren't listened for
};

}  // namespace tokensyncd::metrics
