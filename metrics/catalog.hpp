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
    "Version and source revision of the running program; always 1."};
inline constexpr description workspaces{"tokensyncd_workspaces", kind::gauge, "state",
    "Configured workspaces, by state."};
inline constexpr description sink_out_of_sync{"tokensyncd_sink_out_of_sync_workspaces", kind::gauge, "sink",
    "Workspaces whose newest token the sink does not have."};
inline constexpr description oldest_success{"tokensyncd_source_oldest_success_age_intervals", kind::gauge, "",
    "Largest age of a last successful check, in poll intervals of its workspace; gone "
    "workspaces do not count."};
inline constexpr description polls{"tokensyncd_source_polls_total", kind::counter, "result",
    "Checks of a workspace at the Partner API, by result."};
inline constexpr description request_duration{"tokensyncd_source_request_duration_seconds", kind::histogram, "",
    "Time from a request to the Partner API to its answer, in seconds."};
inline constexpr description source_failing_since{"tokensyncd_source_failing_since_timestamp_seconds", kind::gauge, "",
    "Unix time since which the Partner API as a whole has been failing or throttling, in "
    "seconds; 0 while it answers."};
inline constexpr description throttled_until{"tokensyncd_source_throttled_until_timestamp_seconds", kind::gauge, "",
    "Unix time until which the Partner API wants no calls, in seconds; 0 without a throttle."};
inline constexpr description rate_limit{"tokensyncd_source_rate_limit_per_second", kind::gauge, "",
    "Calls per second that are allowed at present; 0 without a limit."};
inline constexpr description clock_skew{"tokensyncd_source_clock_skew_seconds", kind::gauge, "",
    "Clock of the Partner API minus the clock of this machine, in seconds, as corrected for; 0 "
    "until the API refuses a call and its Date is over 5 s off."};
inline constexpr description unreadable_times{"tokensyncd_source_unreadable_times_total", kind::counter, "",
    "Answers of the Partner API whose rotated_at is not an RFC 3339 time and was treated as "
    "absent."};
inline constexpr description last_rotation{"tokensyncd_last_rotation_timestamp_seconds", kind::gauge, "",
    "Unix time at which the newest rotation in the state was seen, in seconds; 0 for none."};
inline constexpr description refused_tokens{"tokensyncd_refused_tokens", kind::gauge, "",
    "Workspaces whose newest token the Public API refused when it was last asked (`verify`)."};
inline constexpr description policy_next{"tokensyncd_rotation_policy_next_timestamp_seconds", kind::gauge, "",
    "Unix time at which the rotation policy rotates the next token, in seconds; 0 for none."};
inline constexpr description policy_stopped{"tokensyncd_rotation_policy_stopped", kind::gauge, "",
    "Whether the rotation policy has stopped because a rotation was not confirmed: 1 until a "
    "reload, else 0."};
inline constexpr description propagation{"tokensyncd_propagation_duration_seconds", kind::histogram, "sink",
    "Time from a rotation to the delivery of its token to the sink, in seconds; only rotations "
    "that were seen while the daemon ran."};
inline constexpr description schedule_lag{"tokensyncd_schedule_lag_seconds", kind::histogram, "",
    "Time from the due time of a check to its request, in seconds."};
inline constexpr description sink_writes{"tokensyncd_sink_writes_total", kind::counter, "sink,result",
    "Deliveries to the sink, by result."};
inline constexpr description sink_failing_since{"tokensyncd_sink_failing_since_timestamp_seconds", kind::gauge, "sink",
    "Unix time since which the workspace whose delivery failed last has been failing in the "
    "sink, in seconds; 0 for none."};
inline constexpr description vault_token_expiration{"tokensyncd_vault_token_expiration_timestamp_seconds", kind::gauge, "sink",
    "Unix time at which the sink's Vault token expires, in seconds; no sample without a login "
    "or for a token without an end."};
inline constexpr description vault_login_refused{"tokensyncd_vault_login_refused", kind::gauge, "sink",
    "Refusal of the sink's Vault credentials: 1 if the sink can no longer log in, even if its "
    "present token still works; else 0."};
inline constexpr description certificate_expiration{"tokensyncd_certificate_expiration_timestamp_seconds", kind::gauge, "used_by",
    "Unix time at which the certificate that the webhook or a sink shows expires, in seconds."};
inline constexpr description webhook_requests{"tokensyncd_webhook_requests_total", kind::counter, "result",
    "Webhook requests, by result."};
inline constexpr description webhook_missed{"tokensyncd_webhook_missed_total", kind::counter, "",
    "Rotations that a poll found and no event announced within 60 s before or after."};
inline constexpr description webhook_last_event{"tokensyncd_webhook_last_event_timestamp_seconds", kind::gauge, "type",
    "Unix time at which the vendor's last event of this type arrived, in seconds; 0 for none "
    "since the start."};
inline constexpr description hook_runs{"tokensyncd_hook_runs_total", kind::counter, "sink,result",
    "Runs of the sink's hook, by result."};
inline constexpr description hook_pending{"tokensyncd_hook_pending", kind::gauge, "sink",
    "Workspaces whose change in the sink no successful hook run has seen; 0 without a hook."};
inline constexpr description hook_failures{"tokensyncd_hook_consecutive_failures", kind::gauge, "sink",
    "Consecutive failed runs of the sink's hook."};
inline constexpr description hook_failing_since{"tokensyncd_hook_failing_since_timestamp_seconds", kind::gauge, "sink",
    "Unix time since which the sink's hook has been failing, in seconds; 0 while it is not."};
inline constexpr description reload_successful{"tokensyncd_config_last_reload_successful", kind::gauge, "",
    "Result of the last reload of the configuration: 1 for accepted, 0 for refused."};
inline constexpr description refused{"tokensyncd_config_refused", kind::gauge, "reason",
    "Reason why the last reload was refused, which decides what the next restart does: 1 for "
    "the reason that applies, else 0."};
inline constexpr description reload_time{"tokensyncd_config_last_reload_success_timestamp_seconds", kind::gauge, "",
    "Unix time at which the configuration in use was accepted, in seconds."};
inline constexpr description state_errors{"tokensyncd_state_errors_total", kind::counter, "",
    "Failures to write the state."};
inline constexpr description task_failures{"tokensyncd_task_failures_total", kind::counter, "",
    "Tasks that an unexpected exception ended; each one is logged and retried."};
inline constexpr description audit_errors{"tokensyncd_audit_errors_total", kind::counter, "",
    "Failures to write the audit log, and lines that it lost."};

inline constexpr description token_rotations{"tokensyncd_token_rotations_total", kind::counter, "workspace,trigger",
    "Rotations of the workspace's token seen since the start, by trigger of the check that "
    "found them."};
inline constexpr description token_generation{"tokensyncd_token_generation", kind::gauge, "workspace",
    "Generation number of the newest token seen, kept across restarts; absent without history."};
inline constexpr description token_rotated{"tokensyncd_token_rotated_timestamp_seconds", kind::gauge, "workspace",
    "Unix time of the token's rotation according to the API, in seconds; absent if the API "
    "never gave one."};
inline constexpr description last_attempt{"tokensyncd_source_last_attempt_timestamp_seconds", kind::gauge, "workspace",
    "Unix time of the last request to the API for the workspace, in seconds; 0 for never."};
inline constexpr description last_success{"tokensyncd_source_last_success_timestamp_seconds", kind::gauge, "workspace",
    "Unix time of the last successful answer of the API for the workspace, in seconds; 0 for "
    "never."};
inline constexpr description poll_interval{"tokensyncd_source_poll_interval_seconds", kind::gauge, "workspace",
    "Interval between two polls of the workspace, in seconds."};
inline constexpr description sink_generation{"tokensyncd_sink_generation", kind::gauge, "workspace,sink",
    "Generation number of the token in the sink; 0 for none known."};
inline constexpr description sink_in_sync{"tokensyncd_sink_in_sync", kind::gauge, "workspace,sink",
    "Presence of the workspace's newest token in the sink: 1 if it is there, else 0."};
inline constexpr description sink_last_success{"tokensyncd_sink_last_success_timestamp_seconds", kind::gauge, "workspace,sink",
    "Unix time of the last successful delivery, in seconds; 0 for never."};
inline constexpr description sink_failures{"tokensyncd_sink_consecutive_failures", kind::gauge, "workspace,sink",
    "Consecutive failed deliveries."};

inline constexpr description process_cpu{"process_cpu_seconds_total", kind::counter, "",
    "User and system CPU time spent, in seconds."};
inline constexpr description process_resident{"process_resident_memory_bytes", kind::gauge, "",
    "Resident memory, in bytes."};
inline constexpr description process_virtual{"process_virtual_memory_bytes", kind::gauge, "",
    "Virtual memory, in bytes."};
inline constexpr description process_fds{"process_open_fds", kind::gauge, "",
    "Open file descriptors."};
inline constexpr description process_max_fds{"process_max_fds", kind::gauge, "",
    "Limit of open file descriptors."};
inline constexpr description process_start{"process_start_time_seconds", kind::gauge, "",
    "Unix time at which the process started, in seconds."};

inline constexpr std::array fixed{
    &build_info, &workspaces, &sink_out_of_sync, &oldest_success, &polls, &request_duration,
    &source_failing_since, &throttled_until, &rate_limit, &clock_skew, &unreadable_times, &last_rotation,
    &refused_tokens, &policy_next, &policy_stopped, &propagation, &schedule_lag,
    &sink_writes, &sink_failing_since, &hook_runs, &hook_pending, &hook_failures, &hook_failing_since,
    &vault_token_expiration, &vault_login_refused, &certificate_expiration,
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
