#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/time_window.hpp"

/// What can be set, as plain values: each part of the daemon gets its own struct, never the whole.
/// Paths are absolute (the loader resolves them against the configuration file's directory).
/// Secrets are never here, only the files that hold them.
namespace tokensyncd::config {

using std::chrono::milliseconds;

/// `name: value` pairs, sorted by name.
using labels = std::vector<std::pair<std::string, std::string>>;

/// How the other side of a TLS connection is verified.
struct tls_settings {
  /// PEM bundle of the authorities to trust; empty: the system's hashed directory.
  std::filesystem::path ca_file;
  /// Name to ask for (SNI) and to verify; empty: the URL's host.
  std::string server_name;
  /// "1.2" or "1.3".
  std::string min_version = "1.2";
};

/// The Partner API and how it is asked.
struct partner_settings {
  std::string id;                              ///< X-TL-Partner-Id and the JWT's partner_id
  std::filesystem::path secret_file;           ///< the Partner Secret
  std::filesystem::path previous_secret_file;  ///< empty: none
  std::string api_url = "https://app.timelines.ai/partner/api/v1";  ///< never a trailing slash
  std::string public_api_url = "https://app.timelines.ai/integrations/api";
  double rate_limit = 20;        ///< all calls of this process, per second; 0: no limit
  unsigned max_connections = 4;  ///< 1 to 1024
  milliseconds timeout{10'000};  ///< one call, connect to last byte
  bool verify_after = false;     ///< ask the Public API whether a token works after each rotation
  std::string proxy;             ///< http://host:port; empty: HTTPS_PROXY and NO_PROXY decide
  std::filesystem::path proxy_auth_file;  ///< user:password; empty: none
  tls_settings tls;
};

struct poll_settings {
  milliseconds interval{60'000};
  double jitter =
      0.1;  ///< share of the interval by which a check may come earlier or later, 0 to 0.5
};

/// At most `count` in any `period`, spread evenly.
struct rotation_rate {
  unsigned count = 5;
  milliseconds period{3'600'000};

  friend auto operator<=>(const rotation_rate&, const rotation_rate&) = default;
};

/// When the daemon rotates a token by itself.
struct rotation_policy {
  milliseconds max_age{0};              ///< an older token is replaced
  std::optional<time_window> window{};  ///< only then; none: at any time
  rotation_rate at_most{};              ///< of all workspaces together; the same in each policy
  unsigned stop_after_failures = 1;     ///< in a row, not confirmed; the same in each policy

  friend auto operator<=>(const rotation_policy&, const rotation_policy&) = default;
};

/// What many workspaces have in common; each combination is kept once.
struct workspace_profile {
  milliseconds interval{60'000};
  bool required = true;              ///< counts for startup and readiness
  std::vector<std::uint16_t> sinks;  ///< indices into configuration::sinks, ascending
  labels workspace_labels;
  std::optional<rotation_policy> rotation{};  ///< none: the daemon rotates nothing by itself

  friend bool operator==(const workspace_profile&, const workspace_profile&) = default;
};

struct workspace {
  std::string id;
  std::uint32_t profile = 0;  ///< index into configuration::profiles
};

enum class file_format : std::uint8_t { raw, json, env, text_template };
enum class on_remove : std::uint8_t { keep, erase };

/// One file for several workspaces, with an entry for each: `header`, the entries with `separator`
/// between two, `footer`. Each entry begins a line.
struct file_grouping {
  std::string label;  ///< workspaces with the same value share a file; empty: all of them do
  std::string header;
  std::string separator;
  std::string footer;

  friend bool operator==(const file_grouping&, const file_grouping&) = default;
};

/// A file a workspace, or a group of them.
struct file_sink_settings {
  std::string path;  ///< absolute; {workspace} and {label.NAME} are replaced
  file_format format = file_format::raw;
  std::string text_template;  ///< with format text_template only; already checked by the loader
  std::uint32_t mode = 0600;  ///< permission bits
  std::string owner;          ///< user name or number; empty: as the daemon
  std::string group;          ///< group name or number; empty: as the daemon
  /// With format text_template only, which is an entry then; none: each workspace has its own file.
  std::optional<file_grouping> grouping{};

  friend bool operator==(const file_sink_settings&, const file_sink_settings&) = default;
};

/// 0 where the mount is asked which one it is.
enum class kv_version : std::uint8_t { automatic, v1, v2 };

enum class vault_auth_method : std::uint8_t { token, approle, kubernetes, jwt, cert };

/// How a Vault sink logs in. Each method needs its own files; the others are empty.
struct vault_auth_settings {
  vault_auth_method method = vault_auth_method::token;
  std::string mount;                     ///< below `auth/`; the loader fills in the method's name
  std::filesystem::path token_file;      ///< token
  std::filesystem::path role_id_file;    ///< approle
  std::filesystem::path secret_id_file;  ///< approle; empty where the role needs none
  bool secret_id_wrapped = false;        ///< secret_id_file holds a wrapping token, unwrapped once
  std::string role;                ///< kubernetes, jwt (jwt: may be empty for the mount's default)
  std::filesystem::path jwt_file;  ///< kubernetes, jwt; read at each login
  std::string name;                ///< cert: the certificate role; empty: any that fits
  /// How often it is proved that a login would still work; 0: never.
  milliseconds check_interval{60'000};

  friend bool operator==(const vault_auth_settings&, const vault_auth_settings&) = default;
};

/// How a Vault server is verified, and how we show who we are.
struct vault_tls_settings {
  std::filesystem::path ca_file;  ///< see tls_settings
  std::string server_name;
  std::string min_version = "1.2";
  std::filesystem::path cert_file;  ///< PEM chain of our client certificate; empty: none
  std::filesystem::path key_file;   ///< its private key

  friend bool operator==(const vault_tls_settings&, const vault_tls_settings&) = default;
};

/// A secret of HashiCorp Vault's or OpenBao's KV engine a workspace.
struct vault_sink_settings {
  std::vector<std::string> addresses;  ///< https://host[:port] each, of one cluster; at least one
  std::string mount = "secret";        ///< where the KV engine is, without slashes at its ends
  std::string path;  ///< below the mount; {workspace} and {label.NAME} are replaced
  kv_version version = kv_version::automatic;
  /// Names and templates of what is written, sorted by name; already checked by the loader.
  std::vector<std::pair<std::string, std::string>> data{
      {"rotated_at", "{rotated_at}"}, {"token", "{token}"}, {"workspace_id", "{workspace}"}};
  bool adopt = false;      ///< take over a path that something else wrote
  std::string name_space;  ///< X-Vault-Namespace; empty: none
  milliseconds inspect_interval{3'600'000};
  vault_auth_settings auth;
  vault_tls_settings tls;

  friend bool operator==(const vault_sink_settings&, const vault_sink_settings&) = default;
};

/// How a program is told a token on its standard input: the token alone, or the JSON of a file
/// sink.
enum class exec_input : std::uint8_t { raw, json };

/// A program that takes each token on its standard input.
struct exec_sink_settings {
  /// Absolute path, and arguments in which {workspace} and {label.NAME} are replaced.
  std::vector<std::string> command;
  exec_input input = exec_input::raw;
  milliseconds timeout{30'000};  ///< of one run of either command
  /// Says by its exit code whether what was taken is still there: 0 yes, 1 no, else it can't tell.
  /// Like `command`; empty: none.
  std::vector<std::string> inspect;
  milliseconds inspect_interval{3'600'000};

  friend bool operator==(const exec_sink_settings&, const exec_sink_settings&) = default;
};

/// A program that is run after a sink's content has changed.
struct hook_settings {
  std::vector<std::string> command;  ///< first: an absolute path, or a name in PATH of a service
  milliseconds timeout{30'000};
  milliseconds debounce{2'000};  ///< shortest time between two starts; 0: none

  friend bool operator==(const hook_settings&, const hook_settings&) = default;
};

/// One sink of the configuration. The variant grows with the kinds of sink; make_sink() is the one
/// switch over it.
struct sink {
  std::string name;
  bool required = true;  ///< counts for startup and readiness
  on_remove removal = on_remove::keep;
  std::variant<file_sink_settings, vault_sink_settings, exec_sink_settings> kind;
  std::optional<hook_settings> on_change{};  ///< run after a change; none: nothing is
};

/// What a TCP listener of the admin endpoint may show.
struct exposure {
  bool metrics = true;
  bool probes = true;
  bool status = true;

  friend bool operator==(const exposure&, const exposure&) = default;
};

struct admin_settings {
  std::vector<std::string> listen{"127.0.0.1:9464"};  ///< host:port; empty list: no TCP
  std::vector<std::string> hosts{"localhost"};  ///< names by which to ask for `/` and `/status`
  std::optional<exposure> expose{};  ///< none: all of it on loopback, no status elsewhere
  std::filesystem::path socket = "/run/tokensyncd/control.sock";
  milliseconds ready_grace{30'000};

  friend bool operator==(const admin_settings&, const admin_settings&) = default;
};

/// Where the vendor's events come in.
struct webhook_settings {
  std::vector<std::string> listen{"0.0.0.0:8443"};  ///< host:port; at least one
  std::string path = "/webhooks/timelines";         ///< of the URL, as it is sent
  std::string health_path = "/healthz";             ///< a GET or HEAD of it is answered 200
  std::filesystem::path cert_file;                  ///< PEM chain; empty: plain HTTP
  std::filesystem::path key_file;                   ///< its private key
  bool insecure_http = false;  ///< plain HTTP also where others than this machine reach it
};

struct state_settings {
  bool in_memory = false;
  std::filesystem::path file = "/var/lib/tokensyncd/state.db";
  bool required = false;  ///< counts for readiness: not ready while it can't be written

  friend bool operator==(const state_settings&, const state_settings&) = default;
};

struct audit_settings {
  std::filesystem::path file;  ///< empty: no audit log; `-` has become /dev/stdout
};

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { automatic, text, json, journal };

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::automatic;
};

enum class per_workspace : std::uint8_t { automatic, always, never };

struct metrics_settings {
  per_workspace series = per_workspace::automatic;  ///< automatic: up to 2,000 workspaces
};

/// Tells whether a file is still the one that was read, as it was: the file that its name leads to
/// (device, inode), its size, when its content and when anything of it was changed (in nanoseconds;
/// all 0 where it can't be looked at).
struct file_stamp {
  std::filesystem::path file;
  std::array<std::uint64_t, 3> identity{};
  std::array<std::int64_t, 2> times{};

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// A whole, valid configuration.
struct configuration {
  std::filesystem::path file;  ///< where it was read from
  partner_settings partner;
  poll_settings poll;
  std::vector<workspace_profile> profiles;
  std::vector<workspace> workspaces;         ///< sorted by id, byte for byte; ids are unique
  std::vector<std::string> workspace_files;  ///< the patterns, absolute; watched by the application
  std::vector<file_stamp> workspace_stamps;  ///< of those files, from before they were read
  std::vector<sink> sinks;                   ///< sorted by name
  std::optional<webhook_settings> webhook;   ///< none: events aren't listened for
  admin_settings admin;
  state_settings state;
  audit_settings audit;
  log_settings log;
  metrics_settings metrics;
};

}  // namespace tokensyncd::config
