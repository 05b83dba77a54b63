#include "config/effective.hpp"

#include <algorithm>
#include <string_view>

#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

/// In double quotes, with what YAML or `${}` would read otherwise escaped.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '$') {
      out += "$$";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <class Items, class Text>
std::string flow_list(const Items& items, const Text& text) {
  std::string out;
  for (const auto& one : items) {
    out += (out.empty() ? "" : ", ") + text(one);
  }
  return "[" + out + "]";
}

std::string flow_labels(const labels& all) {
  std::string out;
  for (const auto& [name, value] : all) {
    out += (out.empty() ? "" : ", ") + in_quotes(name) + ": " + in_quotes(value);
  }
  return "{" + out + "}";
}

std::string_view name_of(file_format format) {
  switch (format) {
    case file_format::raw:
      return "raw";
    case file_format::json:
      return "json";
    case file_format::env:
      return "env";
    case file_format::text_template:
      break;
  }
  return "template";
}

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
    line(0, "version", "1");
    partner();
    section("poll");
    line(1, "interval", format_duration(all_.poll.interval));
    line(1, "jitter", format_percentage(all_.poll.jitter));
    workspaces(most_workspaces);
    section("sinks");
    for (const sink& one : all_.sinks) {
      file_sink(one);
    }
    admin();
    section("state");
    line(1, "type", all_.state.in_memory ? "memory" : "sqlite");
    if (!all_.state.in_memory) {
      line(1, "file", in_quotes(all_.state.file.string()));
    }
    if (!all_.audit.file.empty()) {
      section("audit");
      line(1, "file", in_quotes(all_.audit.file.string()));
    }
    section("log");
    line(1, "level", name_of(all_.log.level));
    line(1, "format", name_of(all_.log.format));
    section("metrics");
    line(1, "per_workspace", name_of(all_.metrics.series));
    return std::move(out_);
  }

 private:
  void section(std::string_view name) { out_ += std::string{name} + ":\n"; }

  void line(std::size_t depth, std::string_view key, std::string_view value) {
    out_.append(depth * 2, ' ');
    out_ += std::string{key} + ": " + std::string{value} + "\n";
  }

  void text(std::size_t depth, std::string_view key, std::string_view value) {
    if (!value.empty()) {
      line(depth, key, in_quotes(value));
    }
  }

  void partner() {
    const partner_settings& from = all_.partner;
    section("partner");
    text(1, "id", from.id);
    text(1, "secret_file", from.secret_file.native());
    text(1, "previous_secret_file", from.previous_secret_file.native());
    text(1, "api_url", from.api_url);
    text(1, "public_api_url", from.public_api_url);
    line(1, "rate_limit", format_rate(from.rate_limit));
    line(1, "max_connections", std::to_string(from.max_connections));
    line(1, "timeout", format_duration(from.timeout));
    line(1, "verify", from.verify_after ? "after" : "never");
    text(1, "proxy", from.proxy);
    text(1, "proxy_auth_file", from.proxy_auth_file.native());
    out_ += "  tls:\n";
    text(2, "ca_file", from.tls.ca_file.native());
    text(2, "server_name", from.tls.server_name);
    text(2, "min_version", from.tls.min_version);
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
        out_ += ", labels: " + flow_labels(profile.workspace_labels);
      }
      out_ += "}\n";
    }
    if (shown < all_.workspaces.size()) {
      out_ += "  # and " + std::to_string(all_.workspaces.size() - shown) + " more\n";
    }
    for (const std::string& pattern : all_.workspace_files) {
      out_ += "# the files that match " + in_quotes(pattern) + " are in the list above\n";
    }
  }

  void file_sink(const sink& one) {
    const auto& file = std::get<file_sink_settings>(one.kind);
    out_ += "  " + in_quotes(one.name) + ":\n";
    line(2, "type", "file");
    text(2, "path", file.path);
    line(2, "format", name_of(file.format));
    text(2, "template", file.text_template);
    line(2, "mode", in_quotes(format_mode(file.mode)));
    text(2, "owner", file.owner);
    text(2, "group", file.group);
    line(2, "required", one.required ? "true" : "false");
    line(2, "on_remove", one.removal == on_remove::keep ? "keep" : "delete");
  }

  void admin() {
    const admin_settings& from = all_.admin;
    std::string exposed;
    const auto expose = [&](bool shown, std::string_view name) {
      if (shown) {
        exposed += (exposed.empty() ? "" : ", ") + std::string{name};
      }
    };
    expose(from.expose.metrics, "metrics");
    expose(from.expose.probes, "probes");
    expose(from.expose.status, "status");
    section("admin");
    line(1, "listen", flow_list(from.listen, in_quotes));
    line(1, "hosts", flow_list(from.hosts, in_quotes));
    line(1, "expose", "[" + exposed + "]");
    text(1, "socket", from.socket.native());
    line(1, "ready_grace", format_duration(from.ready_grace));
  }

  const configuration& all_;
  std::string out_;
};

}  // namespace

std::string effective_yaml(const configuration& all, std::size_t most_workspaces) {
  return printer{all}.print(most_workspaces);
}

}  // namespace tokensyncd::config
