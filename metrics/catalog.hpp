#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// Every metric of the daemon, once: code, docs/metrics.md and its test follow this table.
namespace tokensyncd::metrics {

enum class kind : std::uint8_t { counter, gauge, histogram };

struct description {
  std::string_view name;  ///< as in the text format; a counter's ends in `_total`
  kind type = kind::gauge;
  std::string_view labels;  ///< separated by commas
  std::string_view help;
};

namespace catalog {

// clang-format off
inline constexpr description build_info{"tokensyncd_build_info", kind::gauge, "version,revision",
    "What runs; always 1."};
inline constexpr description workspaces{"tokensyncd_workspaces", kind::gauge, "state",
    "Configured workspaces by state."};
inline constexpr description sink_out_of_sync{"tokensyncd_sink_out_of_sync_workspaces", kind::gauge, "sink",
    "Workspaces whose newest token this sink doesn't have."};
inline constexpr description oldest_success{"tokensyncd_source_oldest_success_age_intervals", kind::gauge, "",
    "Largest age of a last successful check, in intervals of its workspace; without gone ones."};
inline constexpr description polls{"tokensyncd_source_polls_total", kind::counter, "result",
    "Checks of a workspace at the Partner API, by how they ended."};
inline constexpr description request_duration{"tokensyncd_source_request_duration_seconds", kind::histogram, "",
    "Time from asking the Partner API to its answer."};
inline constexpr description throttled_until{"tokensyncd_source_throttled_until_timestamp_seconds", kind::gauge, "",
    "Until when the Partner API wants no calls; 0 when it takes them."};
inline constexpr description rate_limit{"tokensyncd_source_rate_limit_per_second", kind::gauge, "",
    "Calls a second that are allowed at present; 0 without a limit."};
inline constexpr description clock_skew{"tokensyncd_source_clock_skew_seconds", kind::gauge, "",
    "Clock of the Partner API minus ours, as corrected for; 0 until the API refuses a call and its "
    "Date is over 5 s off."};
inline constexpr description unreadable_times{"tokensyncd_source_unreadable_times_total", kind::counter, "",
    "Answers of the Partner API whose rotated_at is no RFC 3339 time and was taken as absent."};
inline constexpr description last_rotation{"tokensyncd_last_rotation_timestamp_seconds", kind::gauge, "",
    "When the newest rotation was seen, as far as the state remembers; 0 for never."};
inline constexpr description propagation{"tokensyncd_propagation_duration_seconds", kind::histogram, "sink",
    "Time from a rotation to its token being in the sink; rotations seen while running."};
inline constexpr description schedule_lag{"tokensyncd_schedule_lag_seconds", kind::histogram, "",
    "Time from a check being due to its being asked."};
inline constexpr description sink_writes{"tokensyncd_sink_writes_total", kind::counter, "sink,result",
    "Deliveries to a sink, by how they ended."};
inline constexpr description vault_token_expiration{"tokensyncd_vault_token_expiration_timestamp_seconds", kind::gauge, "sink",
    "When the Vault token that the sink uses runs out; absent (no sample) without a login or where "
    "it never does."};
inline constexpr description vault_login_refused{"tokensyncd_vault_login_refused", kind::gauge, "sink",
    "1 if the sink can no longer log in to Vault with its credentials, even if its present token "
    "still works; else 0."};
inline constexpr description webhook_requests{"tokensyncd_webhook_requests_total", kind::counter, "result",
    "Webhook requests, by result."};
inline constexpr description webhook_missed{"tokensyncd_webhook_missed_total", kind::counter, "",
    "Rotations that a poll found and no event announced within a minute."};
inline constexpr description webhook_last_event{"tokensyncd_webhook_last_event_timestamp_seconds", kind::gauge, "type",
    "When an event of this type last came from the vendor; 0 for none since start."};
inline constexpr description hook_runs{"tokensyncd_hook_runs_total", kind::counter, "sink,result",
    "Runs of a sink's hook, by how they ended."};
inline constexpr description hook_pending{"tokensyncd_hook_pending", kind::gauge, "sink",
    "Workspaces whose change the sink's hook hasn't seen; 0 without a hook."};
inline constexpr description hook_failures{"tokensyncd_hook_consecutive_failures", kind::gauge, "sink",
    "Runs of the sink's hook that failed in a row."};
inline constexpr description reload_successful{"tokensyncd_config_last_reload_successful", kind::gauge, "",
    "1 when the last reload of the configuration was taken, 0 when it was refused."};
inline constexpr description refused{"tokensyncd_config_refused", kind::gauge, "reason",
    "1 for why the last reload was refused, which is what the next restart meets."};
inline constexpr description reload_time{"tokensyncd_config_last_reload_success_timestamp_seconds", kind::gauge, "",
    "When the configuration in use was taken."};
inline constexpr description state_errors{"tokensyncd_state_errors_total", kind::counter, "",
    "Times that the state couldn't be written."};
inline constexpr description task_failures{"tokensyncd_task_failures_total", kind::counter, "",
    "Tasks that an unexpected exception ended; each is logged, counted and tried again."};
inline constexpr description audit_errors{"tokensyncd_audit_errors_total", kind::counter, "",
    "Times that the audit log couldn't be written, and lines that it lost."};

inline constexpr description token_rotations{"tokensyncd_token_rotations_total", kind::counter, "workspace,trigger",
    "Rotations of the workspace's token seen since start, by what made us look."};
inline constexpr description token_generation{"tokensyncd_token_generation", kind::gauge, "workspace",
    "Number of the newest token seen, kept across restarts; absent without history."};
inline constexpr description token_rotated{"tokensyncd_token_rotated_timestamp_seconds", kind::gauge, "workspace",
    "When the API says that the token was rotated; absent where it never said."};
inline constexpr description last_attempt{"tokensyncd_source_last_attempt_timestamp_seconds", kind::gauge, "workspace",
    "When the workspace was last asked for; 0 for never."};
inline constexpr description last_success{"tokensyncd_source_last_success_timestamp_seconds", kind::gauge, "workspace",
    "When the workspace was last answered for; 0 for never."};
inline constexpr description poll_interval{"tokensyncd_source_poll_interval_seconds", kind::gauge, "workspace",
    "How often the workspace is asked for."};
inline constexpr description sink_generation{"tokensyncd_sink_generation", kind::gauge, "workspace,sink",
    "Number of the token that the sink has; 0 for none known."};
inline constexpr description sink_in_sync{"tokensyncd_sink_in_sync", kind::gauge, "workspace,sink",
    "1 when the sink has the newest token."};
inline constexpr description sink_last_success{"tokensyncd_sink_last_success_timestamp_seconds", kind::gauge, "workspace,sink",
    "When a delivery last succeeded; 0 for never."};
inline constexpr description sink_failures{"tokensyncd_sink_consecutive_failures", kind::gauge, "workspace,sink",
    "Deliveries that failed in a row."};

inline constexpr description process_cpu{"process_cpu_seconds_total", kind::counter, "",
    "User and system CPU time spent."};
inline constexpr description process_resident{"process_resident_memory_bytes", kind::gauge, "",
    "Resident memory."};
inline constexpr description process_virtual{"process_virtual_memory_bytes", kind::gauge, "",
    "Virtual memory."};
inline constexpr description process_fds{"process_open_fds", kind::gauge, "",
    "Open file descriptors."};
inline constexpr description process_max_fds{"process_max_fds", kind::gauge, "",
    "Limit of open file descriptors."};
inline constexpr description process_start{"process_start_time_seconds", kind::gauge, "",
    "When the process started."};

inline constexpr std::array fixed{
    &build_info, &workspaces, &sink_out_of_sync, &oldest_success, &polls, &request_duration,
    &throttled_until, &rate_limit, &clock_skew, &unreadable_times, &last_rotation, &propagation, &schedule_lag,
    &sink_writes, &hook_runs, &hook_pending, &hook_failures, &vault_token_expiration, &vault_login_refused,
    &reload_successful, &refused, &reload_time, &state_errors,
    &task_failures, &audit_errors};
inline constexpr std::array with_webhook{&webhook_requests, &webhook_missed, &webhook_last_event};
inline constexpr std::array per_workspace{
    &token_rotations, &token_generation, &token_rotated, &last_attempt, &last_success,
    &poll_interval, &sink_generation, &sink_in_sync, &sink_last_success, &sink_failures};
inline constexpr std::array process{
    &process_cpu, &process_resident, &process_virtual, &process_fds, &process_max_fds,
    &process_start};
// clang-format on

}  // namespace catalog
}  // namespace tokensyncd::metrics
