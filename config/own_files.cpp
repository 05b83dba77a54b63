#include "config/own_files.hpp"

#include <variant>

namespace tokensyncd::config {
namespace {

/// What a sink reads beside what it writes.
struct files_of_sink {
  const std::string& name;
  std::vector<own_file>& target;

  void operator()(const file_sink_settings&) const {}
  void operator()(const exec_sink_settings&) const {}

  void operator()(const vault_sink_settings& vault) const {
    const auto add = [&](const std::filesystem::path& file, const char* key) {
      target.push_back({file, "`sinks." + name + "." + key + "`"});
    };
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
      {all.admin.socket, "`admin.socket`"},
      {all.state.in_memory ? std::filesystem::path{} : all.state.file, "`state.file`"},
      {all.audit.file, "`audit.file`"}};
  if (all.webhook) {
    found.push_back({all.webhook->cert_file, "`webhook.tls.cert_file`"});
    found.push_back({all.webhook->key_file, "`webhook.tls.key_file`"});
  }
  for (const sink& one : all.sinks) {
    std::visit(files_of_sink{one.name, found}, one.kind);
  }
  std::erase_if(found, [](const own_file& one) { return one.file.empty(); });
  return found;
}

}  // namespace tokensyncd::config
