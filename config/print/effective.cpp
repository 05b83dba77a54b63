#include "config/print/effective.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/print/effective_sinks.hpp"
#include "config/print/yaml_writer.hpp"
#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

std::string_view name_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      break;
  }
  return "error";
}

std::string_view name_of(log_format format) {
  switch (format) {
    case log_format::automatic:
      return "auto";
    case log_format::text:
      return "text";
    case log_format::json:
      return "json";
    case log_format::journal:
      break;
  }
  return "journal";
}

/// As a list, e.g. `[metrics, probes]`.
std::string exposed(const exposure& what) {
  std::vector<std::string> shown;
  if (what.metrics) shown.emplace_back("metrics");
  if (what.probes) shown.emplace_back("probes");
  if (what.status) shown.emplace_back("status");
  return flow_list(shown, [](const std::string& name) { return name; });
}

std::string_view name_of(per_workspace series) {
  switch (series) {
    case per_workspace::automatic:
      return "auto";
    case per_workspace::always:
      return "always";
    case per_workspace::never:
      break;
  }
  return "never";
}

class printer {
 public:
  explicit printer(const configuration& all) : all_(all) {}

  std::string print(std::size_t most_workspaces) {
    out_.line(0, "version", "1");
    partner();
    out_.section("poll");
    out_.line(1, "interval", format_duration(all_.poll.interval));
    out_.line(1, "jitter", format_percentage(all_.poll.jitter));
    common_policy();
    workspaces(most_workspaces);
    out_.section("sinks");
    for (const sink& one : all_.sinks) {
      print_sink(out_, one);
    }
    if (all_.webhook) {
      webhook(*all_.webhook);
    }
    admin();
    out_.section("state");
    out_.line(1, "type", all_.state.in_memory ? "memory" : "sqlite");
    if (!all_.state.in_memory) {
      out_.line(1, "file", in_quotes(all_.state.file.string()));
    }
    out_.flag(1, "required", all_.state.required);
    if (!all_.audit.file.empty()) {
      out_.section("audit");
      out_.line(1, "file", in_quotes(all_.audit.file.string()));
    }
    out_.section("log");
    out_.line(1, "level", name_of(all_.log.level));
    out_.line(1, "format", name_of(all_.log.format));
    out_.section("metrics");
    out_.line(1, "per_workspace", name_of(all_.metrics.series));
    return out_.take();
  }

 private:
  void partner() {
    const partner_settings& from = all_.partner;
    out_.section("partner");
    out_.text(1, "id", from.id);
    out_.text(1, "secret_file", from.secret_file.native());
    out_.text(1, "previous_secret_file", from.previous_secret_file.native());
    out_.text(1, "api_url", from.api_url);
    out_.text(1, "public_api_url", from.public_api_url);
    out_.line(1, "rate_limit", format_rate(from.rate_limit));
    out_.line(1, "max_connections", std::to_string(from.max_connections));
    out_.line(1, "timeout", format_duration(from.timeout));
    out_.line(1, "verify", from.verify_after ? "after" : "never");
    out_.text(1, "proxy", from.proxy);
    out_.text(1, "proxy_auth_file", from.proxy_auth_file.native());
    out_.section("tls", 1);
    out_.text(2, "ca_file", from.tls.ca_file.native());
    out_.text(2, "server_name", from.tls.server_name);
    out_.text(2, "min_version", from.tls.min_version);
  }

  void workspaces(std::size_t most) {
    const std::size_t shown = std::min(most, all_.workspaces.size());
    out_ += shown == 0 ? "workspaces: []\n" : "workspaces:\n";
    for (std::size_t at = 0; at < shown; ++at) {
      const workspace& one = all_.workspaces[at];
      const workspace_profile& profile = all_.profiles[one.profile];
      const auto sink_name = [&](std::uint16_t index) { return in_quotes(all_.sinks[index].name); };
      out_ += "  - {id: " + in_quotes(one.id) + ", interval: " + format_duration(profile.interval) +
              ", required: " + (profile.required ? "true" : "false") +
              ", sinks: " + flow_list(profile.sinks, sink_name);
      if (!profile.workspace_labels.empty()) {
        out_ += ", labels: " + flow_map(profile.workspace_labels);
      }
      if (profile.rotation) out_ += ", rotation: " + policy(*profile.rotation);
      out_ += "}\n";
    }
    if (shown < all_.workspaces.size()) {
      out_ += "  # and " + std::to_string(all_.workspaces.size() - shown) + " more\n";
    }
    for (const std::string& pattern : all_.workspace_files) {
      out_ += "# the files that match " + in_quotes(pattern) + " are in the list above\n";
    }
  }

  static std::string policy(const rotation_policy& from) {
    return "{max_age: " + format_duration(from.max_age) +
           (from.window ? ", window: " + in_quotes(format_time_window(*from.window)) : "") + "}";
  }

  /// What is of all policies together.
  void common_policy() {
    for (const workspace_profile& each : all_.profiles) {
      if (!each.rotation) continue;
      out_ += "workspace_defaults:\n  rotation: {max_age: never, at_most: " +
              format_count_per(each.rotation->at_most.count, each.rotation->at_most.period) +
              ", stop_after_failures: " + std::to_string(each.rotation->stop_after_failures) +
              "}\n";
      return;
    }
  }

  void webhook(const webhook_settings& from) {
    out_.section("webhook");
    out_.line(1, "listen", flow_list(from.listen, in_quotes));
    out_.text(1, "path", from.path);
    out_.text(1, "health_path", from.health_path);
    if (!from.cert_file.empty()) {
      out_.section("tls", 1);
      out_.text(2, "cert_file", from.cert_file.native());
      out_.text(2, "key_file", from.key_file.native());
    }
    out_.flag(1, "insecure_http", from.insecure_http);
  }

  void admin() {
    const admin_settings& from = all_.admin;
    out_.section("admin");
    out_.line(1, "listen", flow_list(from.listen, in_quotes));
    out_.line(1, "hosts", flow_list(from.hosts, in_quotes));
    if (from.expose) {
      out_.line(1, "expose", exposed(*from.expose));
    } else {
      out_ += "  # expose: [metrics, probes, status] on loopback, [metrics, probes] elsewhere\n";
    }
    out_.text(1, "socket", from.socket.native());
    out_.line(1, "ready_grace", format_duration(from.ready_grace));
  }

  const configuration& all_;
  yaml_writer out_;
};

}  // namespace

std::string effective_yaml(const configuration& all, std::size_t most_workspaces,
                           const variables& from_environment) {
  return yaml_without_values(printer{all}.print(most_workspaces), from_environment);
}

}  // namespace tokensyncd::config
