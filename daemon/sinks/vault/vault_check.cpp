// What `check --online` asks of Vault: whether the login works, what is mounted, and the rights on
// each path, without writing.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>

#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

constexpr std::size_t paths_a_call = 100;
using rights = std::vector<std::string_view>;

/// Which of the needed rights the answer doesn't give on `path`; empty where it gives all.
std::string missing_rights(const reply& got, std::string_view path, const rights& needed) {
  const json::object* data = object_in(got.body.root(), "data");
  const json::object& all = data != nullptr ? *data : got.body.root();
  const json::value* found = all.if_contains(path);
  const json::array* granted = found == nullptr ? nullptr : found->if_array();
  const auto has = [granted](std::string_view right) {
    return granted != nullptr && std::ranges::any_of(*granted, [right](const json::value& one) {
             return one.is_string() && std::string_view{one.get_string()} == right;
           });
  };
  if (has("root")) return {};
  std::string missing;
  for (const std::string_view right : needed) {
    if (!has(right)) missing += (missing.empty() ? "" : ", ") + std::string{right};
  }
  return missing;
}

std::string capabilities_question(std::span<const std::string> paths) {
  json::array list;
  for (const std::string& path : paths) list.emplace_back(path);
  return json::serialize(json::object{{"paths", std::move(list)}});
}

/// As policies name it: not percent-encoded.
std::string policy_path(const location& where) {
  return where.mount + (where.kind == engine_kind::v2 ? "/data/" : "/") + where.path;
}

std::string_view key_of(cause why) {
  switch (why) {
    case cause::no_token:
      return "auth";
    case cause::unknown_mount:
    case cause::wrong_kind:
    case cause::forbidden:
      return "mount";
    default:
      return "addresses";
  }
}

}  // namespace

task<std::vector<sync::place_problem>> vault_sink::check(std::span<const sync::target> all,
                                                         sync::thoroughness how) {
  std::vector<sync::place_problem> problems;
  if (how == sync::thoroughness::look || all.empty()) co_return problems;
  const auto no_login = co_await access_.login().try_out();
  if (no_login) {
    problems.push_back({key_of(no_login->why), no_login->what, all.size()});
    co_return problems;
  }
  if (settings_.auth.secret_id_wrapped) {
    tell_(
        log_level::info,
        "The wrapping token in secret_id_file is good. The rights aren't tested, as a login would "
        "use it up.");
    co_return problems;
  }
  auto where = co_await locate(all.front());
  if (!where) {
    problems.push_back({key_of(where.error().why), where.error().what, all.size()});
    co_return problems;
  }
  rights needed{"create", "read", "update"};
  if (deletes_) needed.emplace_back("delete");
  sync::place_problem lacking{"path", {failure_kind::no_permission, {}}, 0};
  for (std::size_t begin = 0; begin < all.size(); begin += paths_a_call) {
    std::vector<std::string> paths;
    for (const sync::target& whom :
         all.subspan(begin, std::min(paths_a_call, all.size() - begin))) {
      where->path = path(whom);
      paths.push_back(policy_path(*where));
    }
    const std::string body = capabilities_question(paths);
    const auto got =
        co_await access_.ask(http::method::post, "sys/capabilities-self", body, access::need::may);
    if (!got) {
      problems.push_back({key_of(got.error().why), got.error().what, all.size()});
      co_return problems;
    }
    for (const std::string& each : paths) {
      const std::string missing = missing_rights(*got, each, needed);
      if (missing.empty()) continue;
      if (++lacking.workspaces > 1) continue;
      lacking.what.sentence = "the policy doesn't grant ";
      lacking.what.sentence.append(missing).append(" on ").append(each).append(
          ": add it to the role's policy (docs/vault.md has one)");
    }
  }
  if (lacking.workspaces != 0) problems.push_back(std::move(lacking));
  co_return problems;
}

}  // namespace tokensyncd::sinks::vault
