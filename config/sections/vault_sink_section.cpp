#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "config/rules/addresses.hpp"
#include "config/sections/common_keys.hpp"
#include "config/sections/sections.hpp"
#include "config/sections/sink_sections.hpp"
#include "config/yaml/encoding.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_addresses = 16;
constexpr std::size_t most_data = 64;
constexpr std::size_t longest_slash_path = 255;

/// What is wrong with names between slashes, as a clause; empty where nothing is.
std::string_view slash_path_trouble(std::string_view path) {
  if (path.starts_with('/')) {
    return "must not begin with a slash";
  }
  if (path.ends_with('/')) {
    return "must not end with a slash";
  }
  while (true) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name == "." || name == "..") {
      return "has a path segment that is empty, `.` or `..`";
    }
    if (slash == path.size()) {
      return {};
    }
    path.remove_prefix(slash + 1);
  }
}

/// False where one was refused.
bool read_addresses(const section& in, std::vector<std::string>& target) {
  const node* list = in.require("addresses");
  const auto given = in.items("addresses");
  if (!given) {
    return false;
  }
  if (list->children.empty() && list->complete) {
    in.error(*list, "addresses", "is empty; name at least one");
  } else if (list->children.size() > most_addresses) {
    in.error(*list, "addresses", "lists more than 16 addresses; remove some");
  }
  for (const auto& [value, text] : *given) {
    if (const auto trouble = url_trouble(text, url_kind::server); !trouble.empty()) {
      in.error(*value, "addresses", trouble);
      continue;
    }
    std::string address = canonical_server(text);
    if (std::ranges::find(target, address) != target.end()) {
      in.error(*value, "addresses", "lists the same value twice");
    } else {
      target.push_back(std::move(address));
    }
  }
  return !target.empty() && target.size() == list->children.size();
}

void read_vault_path(const section& in, std::string& target) {
  const node* value = in.require("path");
  auto given = in.any_text("path");
  if (!given) {
    return;
  }
  const auto parts = read_template_parts(in, *value, "path", *given, template_use::path);
  if (!parts) {
    return;
  }
  std::string skeleton;
  for (const template_part& part : *parts) {
    // Any name will do: what comes in its place is judged with each workspace.
    skeleton += part.what == placeholder::literal ? part.text : "x";
  }
  if (const auto trouble = slash_path_trouble(skeleton); !trouble.empty()) {
    in.error(*value, "path", trouble);
  } else {
    target = *std::move(given);
  }
}

void read_kv_version(const section& in, kv_version& target) {
  static constexpr std::array versions{word<kv_version>{"auto", kv_version::automatic},
                                       word<kv_version>{"1", kv_version::v1},
                                       word<kv_version>{"2", kv_version::v2}};
  // A number without quotes is what everybody writes, so it isn't read as text.
  if (const auto given = in.quantity("kv_version")) {
    const auto* found = std::ranges::find(versions, *given, &word<kv_version>::first);
    if (found != versions.end()) {
      target = found->second;
    } else {
      // That 3 is near to 2 helps nobody.
      static constexpr std::string_view words[] = {"auto"};
      in.error(*in.find("kv_version"), "kv_version",
               "must be 1, 2 or auto" + did_you_mean(*given, words));
    }
  }
}

/// One name and template; whether it writes the token.
bool read_value(const section& in, const node& member, vault_sink_settings& target) {
  const std::string shown = "data." + printable(member.key);
  if (member.key.empty()) {
    in.key_error(member, "data", "has an empty name");
    return false;
  }
  if (find_bad_encoding(member.key) || has_control_character(member.key)) {
    in.key_error(member, shown,
                 "has a control character, or bytes that are not UTF-8, in its name");
    return false;
  }
  auto text = in.block(member, shown);
  if (!text) {
    return false;
  }
  const auto parts = read_template_parts(in, member, shown, *text, template_use::content);
  if (!parts) {
    return false;
  }
  target.data.emplace_back(member.key, *std::move(text));
  return writes_token(*parts);
}

void read_data(const section& in, vault_sink_settings& target) {
  const node* map = in.find("data");
  if (map == nullptr) {
    return;
  }
  if (map->kind != node_kind::mapping) {
    in.error(*map, "data", "must be a mapping ({name: template})");
    return;
  }
  target.data.clear();
  if (map->children.size() > most_data) {
    in.error(*map, "data", "has more than 64 names");
  }
  bool token = false;
  for (const node& member : map->children) {
    token = read_value(in, member, target) || token;
  }
  // A template that was refused may well be the one that would.
  if (!token && target.data.size() == map->children.size() && map->complete) {
    in.error(*map, "data",
             "does not contain {token}, so the token would not be written; add {token}");
  }
  std::ranges::sort(target.data);
}

/// X-Vault-Namespace is an HTTP header.
bool read_namespace(const section& in, std::string& target) {
  const bool fits = read_slash_path(in, "namespace", target);
  if (!std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7f; })) {
    in.error(*in.find("namespace"), "namespace",
             "must be visible ASCII characters, without spaces");
    return false;
  }
  return fits;
}

void read_vault_tls(const node& value, const std::string& sink, reading& from,
                    vault_tls_settings& target) {
  const section in{value, "sinks." + sink + ".tls", keys::vault_tls, from};
  read_input_file(in, "ca_file", target.ca_file);
  read_server_name(in, target.server_name);
  read_min_version(in, target.min_version);
  read_input_file(in, "cert_file", target.cert_file);
  read_secret_file(in, "key_file", target.key_file);
  const auto needs = [&](std::string_view key, std::string_view other) {
    if (in.has(key) && !in.has(other)) {
      in.missing(other, "; `" + std::string{key} + "` needs it");
    }
  };
  needs("cert_file", "key_file");
  needs("key_file", "cert_file");
}

/// The one method whose credentials are in another section.
void check_certificate_login(const section& in, const vault_sink_settings& vault) {
  const node* auth = in.find("auth");
  const node* tls = in.find("tls");
  const bool has_certificate =
      tls != nullptr && (tls->kind != node_kind::mapping || !tls->complete ||
                         tls->find("cert_file") != nullptr || tls->find("key_file") != nullptr);
  if (auth != nullptr && vault.auth.method == vault_auth_method::cert && !has_certificate) {
    const node* method = auth->find("method");
    in.error(*method, "auth.method", "`cert` needs `tls.cert_file` and `tls.key_file`");
  }
}

}  // namespace

bool read_slash_path(const section& in, std::string_view key, std::string& target) {
  auto given = in.text(key);
  if (!given) {
    return !in.has(key);
  }
  if (given->size() > 1 && given->ends_with('/')) {
    given->pop_back();
  }
  if (const auto trouble = slash_path_trouble(*given); !trouble.empty()) {
    in.error(*in.find(key), key, trouble);
  } else if (given->size() > longest_slash_path) {
    in.error(*in.find(key), key, "is longer than 255 bytes");
  } else {
    target = *std::move(given);
    return true;
  }
  return false;
}

sink read_vault_sink(const node& value, const std::string& name, reading& from) {
  const section in{value, "sinks." + name, keys::vault_sink, from};
  sink made;
  made.name = name;
  vault_sink_settings vault;
  const bool addressed = read_addresses(in, vault.addresses);
  const bool mounted = read_slash_path(in, "mount", vault.mount);
  const bool named = read_namespace(in, vault.name_space);
  read_vault_path(in, vault.path);
  // Where it would write isn't known without one of them: the rules judge it no further.
  if (!addressed || !mounted || !named) {
    vault.path.clear();
  }
  read_kv_version(in, vault.version);
  read_data(in, vault);
  in.read("adopt", vault.adopt);
  in.read("inspect_interval", vault.inspect_interval, 1s, longest_interval);
  if (const node* auth = in.require("auth")) {
    read_vault_auth(*auth, name, from, vault.auth);
  }
  if (const node* tls = in.find("tls")) {
    read_vault_tls(*tls, name, from, vault.tls);
  }
  check_certificate_login(in, vault);
  read_shared_sink_keys(in, from, made);
  made.kind = std::move(vault);
  return made;
}

}  // namespace tokensyncd::config
