#include "config/rules/own_files.hpp"

#include <array>
#include <string_view>
#include <variant>

#include <fnmatch.h>

namespace tokensyncd::config {
namespace {

/// Where a program without a directory is looked for: see docs/hooks.md.
constexpr std::array<std::string_view, 6> program_directories{
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/// What a sink reads or executes beside what it writes.
struct files_of_sink {
  const std::string& name;
  std::vector<own_file>& target;

  void add(const std::filesystem::path& file, const char* key) const {
    target.push_back({.file = file, .who = "`sinks." + name + "." + key + "`"});
  }

  void add_program(const std::vector<std::string>& command, const char* key) const {
    if (command.empty()) {
      return;
    }
    const std::filesystem::path program = command.front();
    if (program.is_absolute()) {
      add(program, key);
      return;
    }
    for (const std::string_view directory : program_directories) {
      add(directory / program, key);
    }
  }

  void operator()(const file_sink_settings&) const {}

  void operator()(const exec_sink_settings& exec) const {
    add_program(exec.command, "command");
    add_program(exec.inspect, "inspect");
  }

  void operator()(const vault_sink_settings& vault) const {
    add(vault.auth.token_file, "auth.token_file");
    add(vault.auth.role_id_file, "auth.role_id_file");
    add(vault.auth.secret_id_file, "auth.secret_id_file");
    add(vault.auth.jwt_file, "auth.jwt_file");
    add(vault.tls.ca_file, "tls.ca_file");
    add(vault.tls.cert_file, "tls.cert_file");
    add(vault.tls.key_file, "tls.key_file");
  }
};

}  // namespace

std::vector<own_file> own_files(const configuration& all) {
  std::vector<own_file> found{
      {all.file, "this configuration"},
      {all.partner.secret_file, "`partner.secret_file`"},
      {all.partner.previous_secret_file, "`partner.previous_secret_file`"},
      {all.partner.proxy_auth_file, "`partner.proxy_auth_file`"},
      {all.partner.tls.ca_file, "`partner.tls.ca_file`"},
      {.file = all.admin.socket, .who = "`admin.socket`", .is_written = true},
      {.file = all.audit.file, .who = "`audit.file`", .is_written = true}};
  if (!all.state.in_memory) {
    // SQLite's beside it, and that of the lock.
    for (const char* suffix : {"", "-wal", "-shm", "-journal", ".lock"}) {
      found.push_back(
          {.file = all.state.file.string() + suffix, .who = "`state.file`", .is_written = true});
    }
  }
  for (const std::string& pattern : all.workspace_files) {
    const bool is_pattern = pattern.find_first_of("*?[") != std::string::npos;
    found.push_back({.file = pattern, .who = "`workspace_files`", .is_pattern = is_pattern});
  }
  if (all.webhook) {
    found.push_back({all.webhook->cert_file, "`webhook.tls.cert_file`"});
    found.push_back({all.webhook->key_file, "`webhook.tls.key_file`"});
  }
  for (const sink& one : all.sinks) {
    const files_of_sink add{one.name, found};
    std::visit(add, one.kind);
    if (one.on_change) {
      add.add_program(one.on_change->command, "on_change.command");
    }
  }
  std::erase_if(found, [](const own_file& one) { return one.file.empty(); });
  return found;
}

bool names_file(const own_file& own, const std::filesystem::path& file) {
  if (!own.is_pattern) {
    return own.file == file;
  }
  return own.file.parent_path() == file.parent_path() &&
         ::fnmatch(own.file.filename().c_str(), file.filename().c_str(), FNM_PERIOD) == 0;
}

}  // namespace tokensyncd::config
