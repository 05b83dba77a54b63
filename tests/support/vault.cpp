#include "tests/support/vault.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/free_port.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders{path == nullptr ? "" : path};
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto file = std::filesystem::path{folder} / name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

/// A member of a member of …; null where one isn't there.
const json::value* dig(const json::value& from, std::initializer_list<std::string_view> names) {
  const json::value* at = &from;
  for (const std::string_view name : names) {
    const json::object* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string text_at(const http_answer& from, std::initializer_list<std::string_view> names) {
  if (from.body.empty()) return {};
  const json::value body = json::parse(from.body);
  const json::value* found = dig(body, names);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

http_answer done(http_answer from, const std::string& what) {
  if (from.status >= 300)
    throw std::runtime_error(what + ": " + std::to_string(from.status) + " " + from.body);
  return from;
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& each : texts) out.emplace_back(each);
  return out;
}

}  // namespace

std::optional<std::filesystem::path> real_vault() {
  for (const char* name : {"vault", "bao"}) {
    if (auto found = find_program(name)) return found;
  }
  std::filesystem::path fetched{TOKENSYNCD_OPENBAO};
  if (::access(fetched.c_str(), X_OK) != 0) return {};
  return fetched;
}

vault::vault(const vault_options& options) : kind_(options.kind) {
  if (!options.running.empty()) {
    where_ = options.running;
    root_ = options.root;
    address_ = "http://" + where_;
    return;
  }
  kind_ == vault_kind::real ? start_real() : start_stand_in(options);
}

vault::~vault() {
  if (process_ != nullptr) process_->signal(SIGKILL);
}

void vault::start_stand_in(const vault_options& options) {
  program what{"/usr/bin/python3", {TOKENSYNCD_VAULT_SANDBOX}, {}, directory_.path()};
  if (options.tls) {
    what.arguments.insert(what.arguments.end(), {"--certificate", options.tls->certificate.string(),
                                                 "--key", options.tls->key.string()});
  }
  if (options.old) what.arguments.emplace_back("--old");
  if (!options.client_ca.empty())
    what.arguments.insert(what.arguments.end(), {"--client-ca", options.client_ca.string()});
  process_ = std::make_unique<process>(what);
  const json::value ports = json::parse(process_->wait_for_line("control_port"));
  const auto port = std::to_string(ports.at("port").to_number<int>());
  where_ = "127.0.0.1:" + std::to_string(ports.at("plain_port").to_number<int>());
  control_where_ = "127.0.0.1:" + std::to_string(ports.at("control_port").to_number<int>());
  address_ = options.tls ? "https://localhost:" + port : "http://" + where_;
}

void vault::start_real() {
  where_ = "127.0.0.1:" + std::to_string(free_port());
  address_ = "http://" + where_;
  run_real();
}

void vault::run_real() {
  program what{*real_vault(),
               {"server", "-dev", "-dev-listen-address=" + where_, "-dev-root-token-id=" + root_},
               {{"HOME", directory_.path().string()}},
               directory_.path()};
  process_ = std::make_unique<process>(what);
  const std::string line = process_->wait_for_line("Unseal Key:");
  unseal_key_ = line.substr(line.find("Key:") + 5);
  process_->wait_for_line("Root Token");
  done(ask("POST", "sys/mounts/kv1", {{"type", "kv"}, {"options", {{"version", "1"}}}}), "kv1");
  done(ask("POST", "sys/auth/approle", {{"type", "approle"}}), "approle");
}

void vault::replace_by_an_empty_one() {
  process_->signal(SIGKILL);
  process_->wait();
  run_real();
}

void vault::limit_rate(unsigned a_second) {
  const std::string path = "sys/quotas/rate-limit/everybody";
  if (a_second == 0) {
    // It limits this call too.
    while (ask("DELETE", path).status == 429) ::usleep(10'000);
    return;
  }
  done(ask("POST", path, {{"rate", a_second}, {"interval", "1s"}}), "quota");
}

http_answer vault::ask(std::string_view method, const std::string& path, const json::object& body,
                       const std::string& token) const {
  const std::string text = body.empty() ? "" : json::serialize(body);
  const std::string target = "/v1/" + path;
  http_question what;
  what.method = method;
  what.path = target;
  what.body = text;
  what.headers = {{"X-Vault-Token", token.empty() ? root_ : token}};
  return http_call(where_, what);
}

json::value vault::control(const std::string& verb, const json::object& body) const {
  const std::string text = json::serialize(body);
  const std::string target = "/" + verb;
  http_question what;
  what.method = "POST";
  what.path = target;
  what.body = text;
  return json::parse(done(http_call(control_where_, what), verb).body);
}

void vault::policy(const std::string& name,
                   const std::map<std::string, std::vector<std::string>>& rules) {
  if (kind_ == vault_kind::stand_in) {
    json::object all;
    for (const auto& [pattern, capabilities] : rules) all[pattern] = to_array(capabilities);
    control("policy", {{"name", name}, {"rules", std::move(all)}});
    return;
  }
  std::string text;
  for (const auto& [pattern, capabilities] : rules) {
    text += "path \"" + pattern + "\" { capabilities = " + json::serialize(to_array(capabilities)) +
            " }\n";
  }
  done(ask("PUT", "sys/policies/acl/" + name, {{"policy", text}}), "policy");
}

approle_ids vault::approle(const std::string& name, const std::vector<std::string>& policies,
                           const std::string& ttl) {
  const std::string role = "auth/approle/role/" + name;
  if (kind_ == vault_kind::stand_in) {
    const int seconds = ttl.ends_with('h') ? 3600 * std::stoi(ttl) : std::stoi(ttl);
    control("role", {{"mount", "approle"},
                     {"name", name},
                     {"method", "approle"},
                     {"policies", to_array(policies)},
                     {"ttl", seconds}});
  } else {
    done(ask("POST", role, {{"token_policies", to_array(policies)}, {"token_ttl", ttl}}), "role");
  }
  approle_ids made;
  made.role_id = kind_ == vault_kind::stand_in
                     ? "role-" + name
                     : text_at(ask("GET", role + "/role-id"), {"data", "role_id"});
  made.secret_id = secret_id(name);
  return made;
}

std::string vault::secret_id(const std::string& role) {
  const std::string path = "auth/approle/role/" + role + "/secret-id";
  return text_at(done(ask("POST", path), "secret id"), {"data", "secret_id"});
}

void vault::destroy_secret_id(const std::string& role, const std::string& id) {
  const std::string path = "auth/approle/role/" + role + "/secret-id/destroy";
  done(ask("POST", path, {{"secret_id", id}}), "destroy a secret id");
}

std::string vault::wrapped_secret_id(const std::string& role) {
  const std::string path = "/v1/auth/approle/role/" + role + "/secret-id";
  http_question what;
  what.method = "POST";
  what.path = path;
  what.headers = {{"X-Vault-Token", root_}, {"X-Vault-Wrap-TTL", "300s"}};
  return text_at(done(http_call(where_, what), "wrapped secret id"), {"wrap_info", "token"});
}

void vault::seal() {
  done(ask("PUT", "sys/seal"), "seal");
}

void vault::unseal() {
  if (kind_ == vault_kind::stand_in) {
    control("set", {{"sealed", false}});
  } else {
    done(ask("PUT", "sys/unseal", {{"key", unseal_key_}}), "unseal");
  }
}

void vault::require_cas(bool required) {
  done(ask("POST", "secret/config", {{"cas_required", required}}), "cas_required");
}

void vault::write(const std::string& path, const json::object& data) {
  done(ask("POST", "secret/data/" + path, {{"options", {{"cas", version(path)}}}, {"data", data}}),
       "write");
}

void vault::remove(const std::string& path) {
  done(ask("DELETE", "secret/data/" + path), "remove");
}

std::uint64_t vault::version(const std::string& path) const {
  const auto got = ask("GET", "secret/metadata/" + path);
  if (got.status != 200) return 0;
  const json::value body = json::parse(got.body);
  const json::value* found = dig(body, {"data", "current_version"});
  return found == nullptr ? 0 : found->to_number<std::uint64_t>();
}

std::string vault::member(const std::string& path, std::string_view name) const {
  return text_at(ask("GET", "secret/data/" + path), {"data", "data", name});
}

json::object vault::custom_metadata(const std::string& path) const {
  const auto got = ask("GET", "secret/metadata/" + path);
  if (got.status != 200) return {};
  const json::value body = json::parse(got.body);
  const json::value* found = dig(body, {"data", "custom_metadata"});
  return found != nullptr && found->is_object() ? found->get_object() : json::object{};
}

bool vault::has_custom_metadata() {
  write("probe", {{"a", "b"}});
  const json::value body = json::parse(done(ask("GET", "secret/metadata/probe"), "probe").body);
  return dig(body, {"data", "custom_metadata"}) != nullptr;
}

std::vector<double> vault::times() const {
  std::vector<double> found;
  const json::value seen = control("seen");
  for (const json::value& each : seen.at("requests").get_array())
    found.push_back(each.at("at_ns").to_number<double>() / 1e9);
  return found;
}

std::size_t vault::count(std::string_view method, std::string_view prefix) const {
  std::size_t count = 0;
  const json::value seen = control("seen");
  for (const json::value& each : seen.at("requests").get_array()) {
    const std::string_view path = each.at("path").get_string();
    if (std::string_view{each.at("method").get_string()} == method && path.starts_with(prefix))
      ++count;
  }
  return count;
}

}  // namespace tokensyncd::tests
