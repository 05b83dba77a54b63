#include "config/sections/sections.hpp"

#include <algorithm>

#include "config/rules/addresses.hpp"
#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

/// What sun_path holds, less its end (unix(7)).
constexpr std::size_t longest_socket_path = 107;

}  // namespace

bool read_listen(const section& in, std::vector<std::string>& target) {
  const auto given = in.items("listen");
  if (!given) {
    return true;
  }
  bool loopback_only = true;
  target.clear();
  for (const auto& [value, text] : *given) {
    const listen_address kind = judge_listen_address(text);
    if (kind == listen_address::wrong) {
      in.error(*value, "listen",
               "must be ADDRESS:PORT with an IP address or localhost, such as 127.0.0.1:9464, "
               "0.0.0.0:9464 or [::]:9464");
    }
    loopback_only = loopback_only && kind != listen_address::anywhere_else;
    target.push_back(text);
  }
  return loopback_only;
}

namespace {

void read_hosts(const section& in, std::vector<std::string>& target) {
  const auto given = in.items("hosts");
  if (!given) {
    return;
  }
  target.clear();
  for (const auto& [value, text] : *given) {
    if (!is_host(text)) {
      in.error(*value, "hosts", "lists a value that is not a host name");
    }
    target.push_back(text);
  }
}

void read_expose(const section& in, std::optional<exposure>& into) {
  const auto given = in.items("expose");
  if (!given) {
    return;
  }
  exposure& target = into.emplace(exposure{.metrics = false, .probes = false, .status = false});
  for (const auto& [value, text] : *given) {
    static constexpr std::string_view allowed[] = {"metrics", "probes", "status"};
    target.metrics = target.metrics || text == "metrics";
    target.probes = target.probes || text == "probes";
    target.status = target.status || text == "status";
    if (std::ranges::find(allowed, text) == std::end(allowed)) {
      in.wrong_word(*value, "expose", text, allowed);
    }
  }
}

}  // namespace

void read_poll(const node& value, reading& from, poll_settings& target) {
  const section in{value, "poll", keys::poll, from};
  in.read("interval", target.interval, shortest_interval, longest_interval);
  if (const auto given = in.quantity("jitter")) {
    const auto share = parse_percentage(*given);
    if (!share || *share > 0.5) {
      in.error(*in.find("jitter"), "jitter", "must be a percentage from 0% to 50%");
    } else {
      target.jitter = *share;
    }
  }
}

void read_admin(const node& value, reading& from, admin_settings& target) {
  const section in{value, "admin", keys::admin, from};
  read_listen(in, target.listen);
  read_hosts(in, target.hosts);
  read_expose(in, target.expose);
  if (auto file = in.path("socket")) {
    if (file->native().size() > longest_socket_path) {
      in.error(*in.find("socket"), "socket",
               "is longer than 107 bytes, the limit for a socket's path; shorten it");
    }
    target.socket = *std::move(file);
  }
  in.read("ready_grace", target.ready_grace, 0ms, 1h);
}

void read_state(const node& value, reading& from, state_settings& target) {
  const section in{value, "state", keys::state, from};
  static constexpr std::array types{word<bool>{"sqlite", false}, word<bool>{"memory", true}};
  in.read("type", target.in_memory, types);
  const node* file = in.find("file");
  if (target.in_memory && file != nullptr) {
    in.error(*file, "file", "is not used by `type: memory`; remove one of the two");
  } else if (auto path = in.path("file")) {
    target.file = *std::move(path);
  }
  in.read("required", target.required);
}

void read_audit(const node& value, reading& from, audit_settings& target) {
  const section in{value, "audit", keys::audit, from};
  const node* file = in.require("file");
  const bool is_standard_output = file != nullptr && file->text == "-";
  target.file = is_standard_output ? "/dev/stdout" : in.path("file").value_or("");
}

void read_log(const node& value, reading& from, log_settings& target) {
  const section in{value, "log", keys::log, from};
  static constexpr std::array levels{
      word<log_level>{"debug", log_level::debug}, word<log_level>{"info", log_level::info},
      word<log_level>{"warning", log_level::warning}, word<log_level>{"error", log_level::error}};
  static constexpr std::array formats{
      word<log_format>{"auto", log_format::automatic}, word<log_format>{"text", log_format::text},
      word<log_format>{"json", log_format::json}, word<log_format>{"journal", log_format::journal}};
  in.read("level", target.level, levels);
  in.read("format", target.format, formats);
}

void read_metrics(const node& value, reading& from, metrics_settings& target) {
  const section in{value, "metrics", keys::metrics, from};
  static constexpr std::array choices{word<per_workspace>{"auto", per_workspace::automatic},
                                      word<per_workspace>{"always", per_workspace::always},
                                      word<per_workspace>{"never", per_workspace::never}};
  in.read("per_workspace", target.series, choices);
}

}  // namespace tokensyncd::config
