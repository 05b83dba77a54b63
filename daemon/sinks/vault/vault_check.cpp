// What `check --online` asks of Vault: whether the login works, what is mounted, and the rights on
// each path, without writing.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/vault/rights.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks::vault {
namespace {

std::string_view key_of(cause why) {
  switch (why) {
    case cause::no_token:
      return "auth";
    case cause::unknown_namespace:
      return "namespace";
    case cause::unknown_mount:
    case cause::wrong_kind:
    case cause::forbidden:
      return "mount";
    default:
      return "addresses";
  }
}

}  // namespace

task<std::vector<sync::destination_problem>> vault_sink::check(std::span<const sync::target> all,
                                                               sync::thoroughness how) {
  std::vector<sync::destination_problem> problems;
  if (how == sync::thoroughness::look || all.empty()) co_return problems;
  const auto no_login = co_await access_.login().try_out();
  if (no_login) {
    problems.push_back({key_of(no_login->why), no_login->what, all.size()});
    co_return problems;
  }
  if (settings_.auth.secret_id_wrapped) {
    log_(log_level::info,
         "The wrapping token in secret_id_file is good. The policy is not tested, because a login "
         "would use up the wrapping token.");
    co_return problems;
  }
  auto where = co_await locate(all.front());
  if (!where) {
    problems.push_back({key_of(where.error().why), where.error().what, all.size()});
    co_return problems;
  }
  std::vector<std::string_view> needed{"create", "read", "update"};
  if (deletes_) needed.emplace_back("delete");
  sync::destination_problem lacking{"path", {failure_kind::no_permission, {}}, 0};
  for (std::size_t begin = 0; begin < all.size(); begin += paths_a_question) {
    std::vector<std::string> paths;
    for (const sync::target& whom :
         all.subspan(begin, std::min(paths_a_question, all.size() - begin))) {
      where->path = names_.path(whom);
      paths.push_back(where->policy_path());
    }
    const std::string body = rights_question(paths);
    const auto got =
        co_await access_.ask(http::method::post, "sys/capabilities-self", body, access::need::may);
    if (!got) {
      problems.push_back({key_of(got.error().why), got.error().what, all.size()});
      co_return problems;
    }
    for (const std::string& each : paths) {
      const std::string missing = missing_rights(got->body.root(), each, needed);
      if (missing.empty()) continue;
      if (++lacking.workspaces > 1) continue;
      lacking.what.sentence = "the policy does not grant ";
      lacking.what.sentence.append(missing).append(" on ").append(each).append(
          ": add it to the role's policy (docs/vault.md has one)");
    }
  }
  if (lacking.workspaces != 0) problems.push_back(std::move(lacking));
  // A version that is there tells whether the server deletes it by itself.
  const auto found = co_await access_.read(*where, access::need::may);
  if (found) notice(*where, *found, std::nullopt);
  co_return problems;
}

}  // namespace tokensyncd::sinks::vault
