#include "tests/support/vault_cluster.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/free_port.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

void wait_until(const std::string& what, const std::function<bool()>& holds) {
  if (!eventually(holds)) throw std::runtime_error("a cluster of Vault: " + what);
}

}  // namespace

vault_cluster::vault_cluster() {
  for (std::size_t node = 0; node < size; ++node) start(node);
  const auto made =
      json::parse(ask(0, "PUT", "sys/init", {{"secret_shares", 1}, {"secret_threshold", 1}}).body);
  const json::object key{{"key", made.at("keys").at(0)}};
  ask(0, "PUT", "sys/unseal", key);
  wait_until("the first node is active", [&] { return health(0) == 200; });
  for (std::size_t node = 1; node < size; ++node) {
    ask(node, "PUT", "sys/storage/raft/join", {{"leader_api_addr", address(0)}});
    wait_until("a node is unsealed", [&] {
      ask(node, "PUT", "sys/unseal", key);
      return health(node) == 429;
    });
  }
  root_ = made.at("root_token").as_string();
  api_ = std::make_unique<vault>(
      vault_options{.kind = vault_kind::real, .running = where_.at(0), .root = root_});
  api_->ask("POST", "sys/mounts/secret", {{"type", "kv"}, {"options", {{"version", "2"}}}});
  api_->ask("POST", "sys/auth/approle", {{"type", "approle"}});
  // Each node prepares it by itself, and standbys answer reads out of what they have.
  for (const auto& node : where_) {
    const vault there{vault_options{.kind = vault_kind::real, .running = node, .root = root_}};
    wait_until("the mount is ready",
               [&] { return there.ask("GET", "secret/config").status == 200; });
  }
}

vault_cluster::~vault_cluster() {
  for (const auto& each : nodes_) {
    if (each != nullptr) each->signal(SIGKILL);
  }
}

void vault_cluster::start(std::size_t node) {
  const std::string name = std::to_string(node);
  const auto folder = directory_ / ("data" + name);
  std::filesystem::create_directory(folder);
  where_.push_back("127.0.0.1:" + std::to_string(free_port()));
  const std::string peers = "127.0.0.1:" + std::to_string(free_port());
  write_file(directory_ / (name + ".hcl"),
             "storage \"raft\" { path = \"" + folder.string() + "\" node_id = \"n" + name +
                 "\" performance_multiplier = 1 }\nlistener \"tcp\" { address = \"" +
                 where_.back() + "\" cluster_address = \"" + peers +
                 "\" tls_disable = true }\napi_addr = \"http://" + where_.back() +
                 "\"\ncluster_addr = \"https://" + peers + "\"\ndisable_mlock = true\n");
  const program what{*real_vault(),
                     {"server", "-config", (directory_ / (name + ".hcl")).string()},
                     {{"HOME", directory_.path().string()}},
                     directory_.path()};
  nodes_.push_back(std::make_unique<process>(what));
  nodes_.back()->wait_for_line("server started!");
}

http_answer vault_cluster::ask(std::size_t node, std::string_view method, const std::string& path,
                               const json::object& body) const {
  const std::string text = body.empty() ? "" : json::serialize(body);
  const std::string target = "/v1/" + path;
  http_question what;
  what.method = method;
  what.path = target;
  what.body = text;
  return http_call(where_.at(node), what);
}

unsigned vault_cluster::health(std::size_t node) const {
  return ask(node, "GET", "sys/health").status;
}

std::size_t vault_cluster::active() const {
  std::optional<std::size_t> found;
  wait_until("a node is active", [&] {
    found = active_now();
    return found.has_value();
  });
  return *found;
}

std::optional<std::size_t> vault_cluster::active_now() const {
  for (std::size_t node = 0; node < size; ++node) {
    if (nodes_.at(node) != nullptr && health(node) == 200) return node;
  }
  return {};
}

vault vault_cluster::api_of(std::size_t node) const {
  return vault{{.kind = vault_kind::real, .running = where_.at(node), .root = root_}};
}

void vault_cluster::wait_for_voters() const {
  wait_until("every node may vote", [&] {
    const auto got = json::parse(api_->ask("GET", "sys/storage/raft/configuration").body);
    const auto& servers = got.at("data").at("config").at("servers").as_array();
    return std::ranges::count_if(servers, [](const json::value& each) {
             return each.at("voter").as_bool();
           }) == std::ptrdiff_t{size};
  });
}

void vault_cluster::step_down() {
  const auto done = api_of(active()).ask("PUT", "sys/step-down");
  if (done.status >= 300) throw std::runtime_error("step down: " + done.body);
}

void vault_cluster::kill(std::size_t node) {
  nodes_.at(node)->signal(SIGKILL);
  nodes_.at(node)->wait();
  nodes_.at(node).reset();
}

}  // namespace tokensyncd::tests
