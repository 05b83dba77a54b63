// Which engine the mount is, and whether the server knows of namespaces.
#include <utility>

#include "daemon/sinks/vault/access.hpp"
#include "daemon/sinks/vault/secret/location.hpp"

namespace tokensyncd::sinks::vault {
namespace {

/// No server has a namespace of this name.
constexpr std::string_view nowhere = "tokensyncd-asks-whether-namespaces-are-known";

trouble mismatch(const std::string& host, const std::string& mount, engine_kind is) {
  const std::string version = is == engine_kind::v2 ? "2" : "1";
  return {cause::wrong_kind,
          {failure_kind::wrong_place, "Vault at " + host + ": " + mount + " is KV version " +
                                          version + ": set kv_version: auto or " + version},
          {}};
}

std::optional<engine_kind> kind_of(config::kv_version version) {
  switch (version) {
    case config::kv_version::v1:
      return engine_kind::v1;
    case config::kv_version::v2:
      return engine_kind::v2;
    default:
      return {};
  }
}

}  // namespace

task<outcome<engine_kind>> access::ask_mount(std::string_view path) {
  const std::string target =
      "sys/internal/ui/mounts/" + encode_path(mount_) + "/" + encode_path(path);
  const auto got = co_await ask(http::method::get, target);
  co_return read_mount(got, host(), mount_);
}

task<std::optional<trouble>> access::look_for_namespaces(std::string_view path) {
  const std::string target =
      "sys/internal/ui/mounts/" + encode_path(mount_) + "/" + encode_path(path);
  const question what{http::method::get, target, {}, {}, importance::read, nowhere};
  const auto got = co_await call(what, need::may);
  if (!got) co_return std::nullopt;
  co_return trouble{cause::unknown_namespace,
                    {failure_kind::wrong_place,
                     "Vault at " + host() +
                         " has no namespaces, so tokens for the sink's namespace would be written "
                         "to the root: remove `namespace`, or use a server that has namespaces"},
                    {}};
}

task<outcome<engine_kind>> access::engine(std::string_view path) {
  const auto turn = co_await look_up_.enter();
  if (engine_) co_return *engine_;
  if (engine_trouble_ && time_.now() < engine_not_before_) co_return *engine_trouble_;
  auto found = co_await ask_mount(path);
  const auto configured = kind_of(configured_);
  if (!found && found.error().why == cause::forbidden && configured) found = *configured;
  if (found && configured && *found != *configured) found = mismatch(host(), mount_, *found);
  if (found && !namespace_.empty()) {
    auto none = co_await look_for_namespaces(path);
    if (none) found = *std::move(none);
  }
  // Which of the two it is isn't known where it is forbidden to ask.
  const location as_v1{engine_kind::v1, mount_, std::string{path}};
  const location as_v2{engine_kind::v2, mount_, std::string{path}};
  if (found) {
    missing_.granted(as_v1.policy_path());
    missing_.granted(as_v2.policy_path());
    engine_ = *found;
    engine_trouble_.reset();
    engine_failures_ = 0;
    co_return *found;
  }
  if (found.error().why == cause::forbidden) {
    note_missing(as_v1.policy_path(), missing_rights_watch::action::read);
    note_missing(as_v2.policy_path(), missing_rights_watch::action::read);
    found =
        trouble{cause::forbidden,
                {failure_kind::no_permission, "Vault at " + host() + ": " + mount_ +
                                                  " is not mounted, or the policy grants nothing "
                                                  "there (403): check the sink's mount and policy"},
                {}};
  }
  engine_trouble_ = found.error();
  engine_not_before_ = time_.now() + login_backoff(++engine_failures_, rng_.fraction());
  co_return found;
}

}  // namespace tokensyncd::sinks::vault
