#include "config/print/effective_sinks.hpp"

#include <string_view>
#include <variant>

#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

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

std::string_view name_of(kv_version version) {
  switch (version) {
    case kv_version::automatic:
      return "auto";
    case kv_version::v1:
      return "1";
    case kv_version::v2:
      break;
  }
  return "2";
}

std::string_view name_of(vault_auth_method method) {
  switch (method) {
    case vault_auth_method::token:
      return "token";
    case vault_auth_method::approle:
      return "approle";
    case vault_auth_method::kubernetes:
      return "kubernetes";
    case vault_auth_method::jwt:
      return "jwt";
    case vault_auth_method::cert:
      break;
  }
  return "cert";
}

/// Prints what only its kind has.
struct kind_printer {
  yaml_writer& to;

  void operator()(const file_sink_settings& file) const {
    to.line(2, "type", "file");
    to.text(2, "path", file.path);
    to.line(2, "format", name_of(file.format));
    to.text(2, "template", file.text_template);
    if (file.grouping) {
      grouping(*file.grouping);
    }
    to.line(2, "mode", in_quotes(format_mode(file.mode)));
    to.text(2, "owner", file.owner);
    to.text(2, "group", file.group);
  }

  void grouping(const file_grouping& how) const {
    to.text(2, "group_by", how.label.empty() ? "all" : "label." + how.label);
    to.text(2, "header", how.header);
    to.text(2, "separator", how.separator);
    to.text(2, "footer", how.footer);
  }

  void operator()(const vault_sink_settings& vault) const {
    to.line(2, "type", "vault");
    to.line(2, "addresses", flow_list(vault.addresses, in_quotes));
    to.text(2, "mount", vault.mount);
    to.text(2, "path", vault.path);
    to.line(2, "kv_version", name_of(vault.version));
    to.line(2, "data", flow_map(vault.data));
    to.flag(2, "adopt", vault.adopt);
    to.text(2, "namespace", vault.name_space);
    to.line(2, "inspect_interval", format_duration(vault.inspect_interval));
    to.section("auth", 2);
    auth(vault.auth);
    to.section("tls", 2);
    to.text(3, "ca_file", vault.tls.ca_file.native());
    to.text(3, "cert_file", vault.tls.cert_file.native());
    to.text(3, "key_file", vault.tls.key_file.native());
    to.text(3, "server_name", vault.tls.server_name);
    to.text(3, "min_version", vault.tls.min_version);
  }

  void operator()(const exec_sink_settings& exec) const {
    to.line(2, "type", "exec");
    to.line(2, "command", flow_list(exec.command, in_quotes));
    to.line(2, "input", exec.input == exec_input::raw ? "raw" : "json");
    to.line(2, "timeout", format_duration(exec.timeout));
    if (exec.inspect.empty()) {
      return;
    }
    to.line(2, "inspect", flow_list(exec.inspect, in_quotes));
    to.line(2, "inspect_interval", format_duration(exec.inspect_interval));
  }

  /// What a method doesn't know is empty.
  void auth(const vault_auth_settings& from) const {
    to.line(3, "method", name_of(from.method));
    to.text(3, "mount", from.mount);
    to.text(3, "token_file", from.token_file.native());
    to.text(3, "role_id_file", from.role_id_file.native());
    to.text(3, "secret_id_file", from.secret_id_file.native());
    if (!from.secret_id_file.empty()) {
      to.flag(3, "secret_id_wrapped", from.secret_id_wrapped);
    }
    to.text(3, "role", from.role);
    to.text(3, "jwt_file", from.jwt_file.native());
    to.text(3, "name", from.name);
    to.line(3, "check_interval", format_duration(from.check_interval));
  }
};

}  // namespace

void print_sink(yaml_writer& to, const sink& one) {
  to.section(in_quotes(one.name), 1);
  std::visit(kind_printer{to}, one.kind);
  to.flag(2, "required", one.required);
  to.line(2, "on_remove", one.removal == on_remove::keep ? "keep" : "delete");
  if (!one.on_change) {
    return;
  }
  to.section("on_change", 2);
  to.line(3, "command", flow_list(one.on_change->command, in_quotes));
  to.line(3, "timeout", format_duration(one.on_change->timeout));
  to.line(3, "debounce", format_duration(one.on_change->debounce));
}

}  // namespace tokensyncd::config
