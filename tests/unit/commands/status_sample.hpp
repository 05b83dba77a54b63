// What a daemon with two workspaces answers to /status.
#pragma once

#include <string>

#include "daemon/model/time.hpp"

namespace tokensyncd::commands {

inline constexpr auto two_workspaces = R"({
  "version": "0.1.0", "started_at": "2026-11-23T10:00:00Z", "ready": true,
  "host": "host-1",
  "summary": "API unreachable since 11:58 UTC", "details": ["Partner API: it refused", "more"],
  "workspaces": [
    {"id": "acme-sales", "state": "ok", "generation": 3, "fingerprint": "0123456789ab",
     "rotated_at": "2026-11-23T11:00:00Z", "last_attempt": "2026-11-23T11:59:48Z",
     "last_success": "2026-11-23T11:59:48Z", "next_check": "2026-11-23T12:00:48Z",
     "last_error": null, "failing_since": null, "rotation_unconfirmed": false, "required": true,
     "sinks": {"files": {"type": "file", "in_sync": true, "generation": 3,
               "last_success": "2026-11-23T11:00:01Z", "last_error": null,
               "consecutive_failures": 0, "failing_since": null,
               "out_of_sync_since": null, "required": true, "hook_pending": false,
               "hook_error": null, "hook_failing_since": null}},
     "rotations": [
       {"generation": 3, "trigger": "webhook", "rotated_at": null,
        "due_at": "2026-11-23T11:00:00.100Z", "asked_at": "2026-11-23T11:00:00.1004Z",
        "answered_at": "2026-11-23T11:00:00.102Z", "stored_at": "2026-11-23T11:00:00.1021Z",
        "sinks": {"files": {"delivered_at": "2026-11-23T11:00:00.104Z",
                            "hook_done_at": "2026-11-23T11:00:00.254Z"},
                  "vault": {"delivered_at": "2026-11-23T11:00:00.106Z", "hook_done_at": null}}},
       {"generation": 2, "trigger": "poll", "rotated_at": null,
        "due_at": "2026-11-22T11:00:00Z", "asked_at": "2026-11-22T11:00:00Z",
        "answered_at": "2026-11-22T11:00:00Z", "stored_at": "2026-11-22T11:00:00Z",
        "sinks": {}}]},
    {"id": "acme-support", "state": "never", "generation": 0, "fingerprint": null,
     "rotated_at": null, "last_attempt": null, "last_success": null, "next_check": null,
     "last_error": "the Partner API refused the connection",
     "failing_since": "2026-11-23T11:58:00Z", "rotation_unconfirmed": false, "required": true,
     "sinks": {"files": {"type": "file", "in_sync": false, "generation": 0,
               "last_success": null, "last_error": null,
               "consecutive_failures": 0, "failing_since": null,
               "out_of_sync_since": "2026-11-23T11:30:00Z", "required": true, "hook_pending": false,
               "hook_error": null, "hook_failing_since": null}}, "rotations": []}]})";

/// When it is looked at.
inline const auto at_noon = *parse_rfc3339("2026-11-23T12:00:00Z");

/// The second workspace in another state.
inline std::string with_state(const char* state) {
  std::string text = two_workspaces;
  const std::string never = R"("never")";
  return text.replace(text.find(never), never.size(), std::string{"\""} + state + "\"");
}

}  // namespace tokensyncd::commands
