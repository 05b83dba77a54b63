// Removes the secret of a removed workspace.
#include <cstdint>
#include <string>
#include <utility>

#include "daemon/sinks/vault/secret/ownership.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks::vault {
namespace {

failure kept_failure(const location& where) {
  return {failure_kind::conflict, where.name() +
                                      " in Vault is not what tokensyncd wrote, so it is kept: "
                                      "delete it by hand if it is not needed"};
}

/// Whether a refusal may be of the path under which versions are deleted.
bool may_be_without(cause why) {
  return is_about_the_place(why) || why == cause::unknown_mount;
}

}  // namespace

task<result<void>> vault_sink::withdraw(const sync::target& whom, const sync::etag& tag) {
  co_return co_await remove(names_.path(whom), tag);
}

task<result<void>> vault_sink::withdraw_from(std::string_view destination, const sync::etag& tag) {
  std::string path = names_.path_at(destination);
  co_return co_await remove(std::move(path), tag);
}

task<result<void>> vault_sink::remove(std::string path, const sync::etag& tag) {
  const auto where = co_await locate(std::move(path));
  if (!where) co_return where.error().what;
  const auto found = co_await access_.read(*where);
  if (!found) co_return explain(*where, found.error());
  if (found->fields() == nullptr) co_return result<void>{};
  const auto there = canonical(*found->fields());
  const auto recorded = vault_etag::unpack(tag);
  const bool is_ours = there && recorded && digest_of(*there, prints_) == recorded->digest;
  if (!is_ours) co_return kept_failure(*where);
  const auto gone = co_await remove_found(*where, found->version);
  if (!gone) co_return explain(*where, gone.error());
  if (!*gone) co_return kept_failure(*where);
  expiry_.forget(where->name());
  co_return result<void>{};
}

task<outcome<bool>> vault_sink::remove_found(const location& where, std::uint64_t version) {
  if (where.kind == engine_kind::v2) {
    // By its number: what somebody else may have written since stays.
    const std::string path = where.delete_path();
    const std::string body = R"({"versions":[)" + std::to_string(version) + "]}";
    const auto gone = co_await access_.ask(http::method::post, path, body, access::need::may);
    if (gone) co_return true;
    if (!may_be_without(gone.error().why)) co_return gone.error();
    // The policy, or a gateway, may know `delete` alone, which takes whatever is the newest.
    const auto now = co_await access_.read(where, access::need::may);
    if (!now) co_return now.error();
    if (now->version != version) co_return false;
    if (now->fields() == nullptr) co_return true;
  }
  const auto gone = co_await access_.remove(where);
  if (!gone) co_return gone.error();
  co_return true;
}

}  // namespace tokensyncd::sinks::vault
