#pragma once

#include <span>
#include <string_view>

/// Every key that the loader knows, by section: what an unknown one is compared with, and what the
/// JSON Schema is tested against.
namespace tokensyncd::config::keys {

using list = std::span<const std::string_view>;

inline constexpr std::string_view root[] = {
    "version",    "partner",         "poll",  "workspace_defaults",
    "workspaces", "workspace_files", "sinks", "webhook",
    "admin",      "state",           "audit", "log",
    "metrics"};
inline constexpr std::string_view partner[] = {"id",
                                               "secret_file",
                                               "previous_secret_file",
                                               "api_url",
                                               "public_api_url",
                                               "rate_limit",
                                               "max_connections",
                                               "timeout",
                                               "verify",
                                               "proxy",
                                               "proxy_auth_file",
                                               "tls"};
inline constexpr std::string_view partner_tls[] = {"ca_file", "server_name", "min_version"};
inline constexpr std::string_view poll[] = {"interval", "jitter"};
inline constexpr std::string_view workspace_defaults[] = {"sinks", "labels", "interval", "required",
                                                          "rotation"};
inline constexpr std::string_view workspace[] = {"id",     "interval", "sinks",
                                                 "labels", "required", "rotation"};
inline constexpr std::string_view rotation[] = {"max_age", "window", "at_most",
                                                "stop_after_failures"};
inline constexpr std::string_view workspace_rotation[] = {"max_age", "window"};
inline constexpr std::string_view file_sink[] = {
    "type",   "path", "format", "template", "group_by", "header",    "separator",
    "footer", "mode", "owner",  "group",    "required", "on_remove", "on_change"};
inline constexpr std::string_view vault_sink[] = {
    "type",      "addresses",        "mount", "path", "kv_version", "data",      "adopt",
    "namespace", "inspect_interval", "auth",  "tls",  "required",   "on_remove", "on_change"};
/// Of all methods; which one knows which is in vault_auth_section.cpp.
inline constexpr std::string_view vault_auth[] = {
    "method", "mount",    "token_file", "role_id_file",  "secret_id_file", "secret_id_wrapped",
    "role",   "jwt_file", "name",       "check_interval"};
inline constexpr std::string_view vault_tls[] = {"ca_file", "cert_file", "key_file", "server_name",
                                                 "min_version"};
inline constexpr std::string_view exec_sink[] = {"type",     "command",   "input",
                                                 "timeout",  "inspect",   "inspect_interval",
                                                 "required", "on_remove", "on_change"};
inline constexpr std::string_view on_change[] = {"command", "timeout", "debounce"};
inline constexpr std::string_view admin[] = {"listen", "hosts", "expose", "socket", "ready_grace"};
inline constexpr std::string_view webhook[] = {"listen", "path", "health_path", "tls",
                                               "insecure_http"};
inline constexpr std::string_view webhook_tls[] = {"cert_file", "key_file"};
inline constexpr std::string_view state[] = {"type", "file", "required"};
inline constexpr std::string_view audit[] = {"file"};
inline constexpr std::string_view log[] = {"level", "format"};
inline constexpr std::string_view metrics[] = {"per_workspace"};

}  // namespace tokensyncd::config::keys
