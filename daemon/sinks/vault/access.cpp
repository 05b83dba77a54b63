#include "daemon/sinks/vault/access.hpp"

#include <chrono>
#include <functional>
#include <utility>

#include "daemon/sinks/secret_text.hpp"
#include "daemon/sinks/vault/secret/location.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

/// For so long a token that was just given may be unknown to a standby.
constexpr auto new_token = 2s;
constexpr auto catch_up = 300ms;
constexpr unsigned catch_ups = 2;

importance importance_of(http::method how, access::need right) {
  switch (right) {
    case access::need::look:
      return importance::look;
    case access::need::may:
      return importance::background;
    default:
      return how == http::method::get ? importance::read : importance::write;
  }
}

session_context heard_by(session_context world, std::function<void()> listener) {
  world.recovered = std::move(listener);
  return world;
}

bool is_forbidden(const outcome<reply>& got) {
  return got.has_error() && got.error().why == cause::forbidden;
}

trouble paused(const std::string& host, http::method how) {
  const std::string what = how == http::method::get ? "reads" : "writes";
  return {cause::paused,
          {failure_kind::no_permission,
           "Vault at " + host + " forbids all " + what +
               " (403): check the policy of the sink's token; tokensyncd retries later"},
          {}};
}

}  // namespace

access::access(asio::io_context& loop, const config::vault_sink_settings& settings,
               std::string_view user_agent, session_context world)
    : time_(world.time),
      rng_(world.rng),
      recovered_(world.recovered),
      mount_(settings.mount),
      namespace_(settings.name_space),
      configured_(settings.version),
      transport_(loop, time_, settings, user_agent),
      session_(settings.auth, transport_, heard_by(std::move(world), [this] { recovered(); })),
      rights_alarm_(time_.make_sleeper()),
      look_up_(time_, 1) {}

task<outcome<reply>> access::ask(http::method how, std::string_view path, std::string_view body,
                                 need right, std::string_view policy_path) {
  circuit_breaker& slowed = how == http::method::get ? reads_ : writes_;
  if (right == need::must && !slowed.admits(time_.now())) co_return paused(host(), how);
  const question what{how, path, body, {}, importance_of(how, right), {}};
  auto got = co_await call(what, right);
  if (is_forbidden(got) && right == need::may) co_return got;
  if (got.has_value() || is_answer(got.error().why)) {
    slowed.granted();
    missing_.granted(policy_path);
  } else if (is_forbidden(got)) {
    note_refusal(how, path, policy_path, right);
  } else {
    forget_engine_if(got.error());
  }
  co_return got;
}

task<outcome<reply>> access::call(question what, need right) {
  auto held = co_await session_.token();
  if (!held) co_return held.error();
  what.token = (*held)->reveal();
  auto got = co_await call_until_known(what);
  if (!is_forbidden(got) || right == need::may) co_return got;
  const bool replaced = co_await session_.replace(*held);
  if (!replaced) co_return got;
  held = co_await session_.token();
  if (!held) co_return held.error();
  what.token = (*held)->reveal();
  co_return co_await call_until_known(what);
}

task<outcome<reply>> access::call_until_known(const question& what) {
  auto got = co_await transport_.call(what);
  const auto since = session_.logged_in_at();
  if (!is_forbidden(got) || !since || time_.now() - *since >= new_token) co_return got;
  const bool may_lag = co_await transport_.is_with_standby();
  for (unsigned i = 0; is_forbidden(got) && may_lag && i < catch_ups; ++i) {
    const auto pause = time_.make_sleeper();
    co_await pause->sleep_until(time_.now() + catch_up);
    got = co_await transport_.call(what);
  }
  co_return got;
}

void access::note_refusal(http::method how, std::string_view path, std::string_view policy_path,
                          need right) {
  using action = missing_rights_watch::action;
  const bool is_read = how == http::method::get;
  if (right == need::must)
    (is_read ? reads_ : writes_).forbidden(std::hash<std::string_view>{}(path), time_.now());
  if (!policy_path.empty()) note_missing(policy_path, is_read ? action::read : action::write);
}

void access::note_missing(std::string_view policy_path, missing_rights_watch::action what) {
  missing_.forbidden(policy_path, what, time_.now());
  rights_alarm_->wake();
}

task<> access::watch_rights() {
  for (;;) {
    const steady_time next = missing_.next();
    if (time_.now() < next) {
      co_await rights_alarm_->sleep_until(next);
    } else {
      co_await ask_for_rights();
    }
  }
}

task<> access::ask_for_rights() {
  if (missing_.may_need_a_login()) {
    const auto held = co_await session_.token();
    if (held) co_await session_.replace(*held);
  }
  const auto paths = missing_.paths();
  const std::string body = rights_question(paths);
  const question what{
      http::method::post, "sys/capabilities-self", body, {}, importance::background, {}};
  const auto got = co_await call(what, need::may);
  static const boost::json::object nothing;
  const boost::json::object* answer = got ? &got->body.root() : &nothing;
  // Where one may not even ask for one's rights, the calls themselves are tried.
  if (!got && got.error().why == cause::forbidden) answer = nullptr;
  if (missing_.answered(answer, time_.now())) recovered();
}

void access::release() {
  reads_.granted();
  writes_.granted();
  engine_trouble_.reset();
  engine_failures_ = 0;
}

void access::recovered() {
  release();
  if (recovered_) recovered_();
}

void access::ask_anew(bool by_an_operator) {
  session_.ask_anew(by_an_operator);
  release();
}

void access::forget_engine_if(const trouble& why) {
  if (why.why == cause::unknown_mount || why.why == cause::wrong_kind) engine_.reset();
}

task<outcome<found_secret>> access::read(const location& where, need right) {
  const std::string path = where.secret_path();
  constexpr std::string_view nothing;
  const std::string policy_path = where.policy_path();
  auto got = co_await ask(http::method::get, path, nothing, right, policy_path);
  co_return read_secret(where.kind, std::move(got), host());
}

task<outcome<written_version>> access::write(const location& where, std::string_view members,
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
  const std::string policy_path = where.policy_path();
  const auto got = co_await ask(http::method::post, path, body.reveal(), need::must, policy_path);
  const auto version = read_write(where.kind, got, host());
  if (version) {
    written_version made;
    made.number = *version;
    if (const auto* data = object_in(got->body.root(), "data")) made.kept = read_kept(*data);
    co_return made;
  }
  forget_engine_if(version.error());
  const bool was_taken = got.has_value() && version.error().why == cause::wrong_kind;
  if (was_taken && where.kind == engine_kind::v2)
    co_return co_await take_back(where, version.error());
  co_return version.error();
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

task<outcome<reply>> access::read_metadata(const location& where, importance what_for) {
  const std::string path = where.metadata_path();
  const question what{http::method::get, path, {}, {}, what_for, {}};
  auto got = co_await call(what, need::may);
  if (!got) forget_engine_if(got.error());
  co_return got;
}

task<outcome<reply>> access::write_metadata(const location& where, std::string_view body) {
  const std::string path = where.metadata_path();
  co_return co_await ask(http::method::post, path, body, need::may);
}

}  // namespace tokensyncd::sinks::vault
