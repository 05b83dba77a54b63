#include "daemon/sinks/vault/access.hpp"

#include <functional>
#include <utility>

#include "daemon/sinks/secret_text.hpp"
#include "daemon/sinks/vault/location.hpp"

namespace tokensyncd::sinks::vault {
namespace {

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

trouble paused(const std::string& host, http::method how) {
  const std::string what = how == http::method::get ? "reads" : "writes";
  return {cause::paused,
          {failure_kind::no_permission,
           "Vault at " + host + " forbids all " + what +
               " (403): check the policy of the sink's token; it is asked again in a while"},
          {}};
}

}  // namespace

access::access(asio::io_context& loop, const config::vault_sink_settings& settings,
               std::string_view user_agent, session_world world)
    : time_(world.time),
      chance_(world.chance),
      mount_(settings.mount),
      configured_(settings.version),
      transport_(loop, time_, settings, user_agent),
      session_(settings.auth, transport_, std::move(world)),
      look_up_(time_, 1) {}

task<outcome<reply>> access::ask(http::method how, std::string_view path, std::string_view body,
                                 need right) {
  const auto place = std::hash<std::string_view>{}(path);
  brake& slowed = how == http::method::get ? reads_ : writes_;
  if (right == need::must && !slowed.admits(time_.now())) co_return paused(host(), how);
  auto held = co_await session_.token();
  if (!held) co_return held.error();
  question what{how, path, body, (*held)->reveal()};
  auto got = co_await transport_.call(what);
  const bool forbidden = got.has_error() && got.error().why == cause::forbidden;
  if (forbidden && right == need::may) co_return got;
  bool replaced = false;
  if (forbidden) replaced = co_await session_.replace(*held);
  if (replaced) {
    held = co_await session_.token();
    if (!held) co_return held.error();
    what.token = (*held)->reveal();
    got = co_await transport_.call(what);
  }
  if (got.has_value() || is_answer(got.error().why)) {
    slowed.granted();
  } else if (got.error().why == cause::forbidden) {
    if (right == need::must) slowed.forbidden(place, time_.now());
  } else {
    forget_engine_if(got.error());
  }
  co_return got;
}

void access::forget_engine_if(const trouble& why) {
  if (why.why == cause::unknown_mount || why.why == cause::wrong_kind) engine_.reset();
}

task<outcome<engine_kind>> access::ask_mount(std::string_view path) {
  const std::string target =
      "sys/internal/ui/mounts/" + encode_path(mount_) + "/" + encode_path(path);
  const auto got = co_await ask(http::method::get, target);
  co_return read_mount(got, host(), mount_);
}

task<outcome<engine_kind>> access::engine(std::string_view path) {
  const auto turn = co_await look_up_.enter();
  if (engine_) co_return *engine_;
  if (engine_trouble_ && time_.now() < engine_not_before_) co_return *engine_trouble_;
  auto found = co_await ask_mount(path);
  const auto configured = kind_of(configured_);
  if (!found && found.error().why == cause::forbidden && configured) found = *configured;
  if (found && configured && *found != *configured) found = mismatch(host(), mount_, *found);
  if (found) {
    engine_ = *found;
    engine_trouble_.reset();
    engine_failures_ = 0;
    co_return *found;
  }
  if (found.error().why == cause::forbidden) {
    found = trouble{cause::forbidden,
                    {failure_kind::no_permission,
                     "Vault at " + host() + ": " + mount_ +
                         " isn't mounted, or the policy grants nothing there (403): check the "
                         "sink's mount and policy"},
                    {}};
  }
  engine_trouble_ = found.error();
  engine_not_before_ = time_.now() + login_backoff(++engine_failures_, chance_.fraction());
  co_return found;
}

task<outcome<found_secret>> access::read(const location& where, need right) {
  const std::string path = where.secret_path();
  constexpr std::string_view nothing;
  auto got = co_await ask(http::method::get, path, nothing, right);
  co_return read_secret(where.kind, std::move(got), host());
}

task<outcome<std::uint64_t>> access::write(const location& where, std::string_view members,
                                           std::uint64_t cas) {
  const std::string path = where.secret_path();
  secret_text body;
  if (where.kind == engine_kind::v2) {
    body.append("{\"options\":{\"cas\":" + std::to_string(cas) + "},\"data\":");
    body.append(members);
    body.append('}');
  } else {
    body.append(members);
  }
  const auto got = co_await ask(http::method::post, path, body.reveal());
  auto version = read_write(where.kind, got, host());
  if (version) co_return version;
  forget_engine_if(version.error());
  const bool was_taken = got.has_value() && version.error().why == cause::wrong_kind;
  if (was_taken && where.kind == engine_kind::v2)
    co_return co_await take_back(where, version.error());
  co_return version;
}

task<trouble> access::take_back(const location& where, trouble why) {
  const auto kind = co_await ask_mount(where.path);
  if (kind && *kind == engine_kind::v2) co_return why;
  bool is_gone = false;
  if (kind) {
    const auto gone = co_await remove(where);
    is_gone = gone.has_value();
  }
  if (!is_gone)
    why.what.sentence +=
        "; the token may have been stored at " + where.secret_path() + ": delete it by hand";
  co_return why;
}

task<outcome<reply>> access::remove(const location& where) {
  const std::string path = where.secret_path();
  constexpr std::string_view nothing;
  co_return co_await ask(http::method::del, path, nothing, need::may);
}

task<outcome<reply>> access::read_metadata(const location& where) {
  const std::string path = where.metadata_path();
  constexpr std::string_view nothing;
  co_return co_await ask(http::method::get, path, nothing, need::may);
}

task<outcome<reply>> access::write_metadata(const location& where, std::string_view body) {
  const std::string path = where.metadata_path();
  co_return co_await ask(http::method::post, path, body, need::may);
}

}  // namespace tokensyncd::sinks::vault
