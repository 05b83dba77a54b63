#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tokensyncd::metrics {

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

}  // namespace tokensyncd::metrics
