#include "daemon/sinks/vault/engine_lookup.hpp"

#include <utility>

#include "daemon/sinks/vault/login/lease.hpp"
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

engine_lookup::engine_lookup(const config::vault_sink_settings& settings, authorized_client& out,
                             clock& time, random_source& rng)
    : mount_(settings.mount),
      namespace_(settings.name_space),
      configured_(settings.version),
      out_(out),
      time_(time),
      rng_(rng),
      one_at_a_time_(time, 1) {}

void engine_lookup::forget_if(const trouble& why) {
  if (why.why == cause::unknown_mount || why.why == cause::wrong_kind) known_.reset();
}

void engine_lookup::retry_now() noexcept {
  trouble_.reset();
  failures_ = 0;
}

task<outcome<engine_kind>> engine_lookup::ask_mount(std::string_view path) {
  const std::string target =
      "sys/internal/ui/mounts/" + encode_path(mount_) + "/" + encode_path(path);
  const auto got = co_await out_.ask(http::method::get, target);
  if (!got) forget_if(got.error());
  co_return read_mount(got, out_.host(), mount_);
}

task<std::optional<trouble>> engine_lookup::look_for_namespaces(std::string_view path) {
  const std::string target =
      "sys/internal/ui/mounts/" + encode_path(mount_) + "/" + encode_path(path);
  const question what{http::method::get, target, {}, {}, importance::read, nowhere};
  const auto got = co_await out_.call(what, authorized_client::need::may);
  if (!got) co_return std::nullopt;
  co_return trouble{cause::unknown_namespace,
                    {failure_kind::wrong_place,
                     "Vault at " + out_.host() +
                         " has no namespaces, so tokens for the sink's namespace would be written "
                         "to the root: remove `namespace`, or use a server that has namespaces"},
                    {}};
}

task<outcome<engine_kind>> engine_lookup::find(std::string_view path) {
  const auto turn = co_await one_at_a_time_.enter();
  if (known_) co_return *known_;
  if (trouble_ && time_.now() < not_before_) co_return *trouble_;
  auto found = co_await ask_mount(path);
  const auto configured = kind_of(configured_);
  if (!found && found.error().why == cause::forbidden && configured) found = *configured;
  if (found && configured && *found != *configured) found = mismatch(out_.host(), mount_, *found);
  if (found && !namespace_.empty()) {
    auto none = co_await look_for_namespaces(path);
    if (none) found = *std::move(none);
  }
  // Which of the two it is isn't known where it is forbidden to ask.
  const location as_v1{engine_kind::v1, mount_, std::string{path}};
  const location as_v2{engine_kind::v2, mount_, std::string{path}};
  if (found) {
    out_.note_granted(as_v1.policy_path());
    out_.note_granted(as_v2.policy_path());
    known_ = *found;
    trouble_.reset();
    failures_ = 0;
    co_return *found;
  }
  if (found.error().why == cause::forbidden) {
    out_.note_missing(as_v1.policy_path(), missing_rights_watch::action::read);
    out_.note_missing(as_v2.policy_path(), missing_rights_watch::action::read);
    found =
        trouble{cause::forbidden,
                {failure_kind::no_permission, "Vault at " + out_.host() + ": " + mount_ +
                                                  " is not mounted, or the policy grants nothing "
                                                  "there (403): check the sink's mount and policy"},
                {}};
  }
  trouble_ = found.error();
  not_before_ = time_.now() + login_backoff(++failures_, rng_.fraction());
  co_return found;
}

}  // namespace tokensyncd::sinks::vault
