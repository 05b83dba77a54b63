#include "daemon/sinks/vault/authorized_client.hpp"

#include <chrono>
#include <functional>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using need = authorized_client::need;

/// For so long a token that was just given may be unknown to a standby.
constexpr auto new_token = 2s;
constexpr auto catch_up = 300ms;
constexpr unsigned catch_ups = 2;

importance importance_of(http::method how, need right) {
  switch (right) {
    case need::look:
      return importance::look;
    case need::may:
      return importance::background;
    default:
      return how == http::method::get ? importance::read : importance::write;
  }
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

authorized_client::authorized_client(asio::io_context& loop,
                                     const config::vault_sink_settings& settings,
                                     std::string_view user_agent, session_context context)
    : time_(context.time),
      recovered_(context.recovered),
      transport_(loop, time_, settings, user_agent),
      session_(settings.auth, transport_, heard_by(std::move(context), [this] { recovered(); })),
      rights_alarm_(time_.make_sleeper()) {}

task<outcome<reply>> authorized_client::ask(http::method how, std::string_view path,
                                            std::string_view body, need right,
                                            std::string_view policy_path) {
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
  }
  co_return got;
}

task<outcome<reply>> authorized_client::call(question what, need right) {
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

task<outcome<reply>> authorized_client::call_until_known(const question& what) {
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

void authorized_client::note_refusal(http::method how, std::string_view path,
                                     std::string_view policy_path, need right) {
  using action = missing_rights_watch::action;
  const bool is_read = how == http::method::get;
  if (right == need::must)
    (is_read ? reads_ : writes_).forbidden(std::hash<std::string_view>{}(path), time_.now());
  if (!policy_path.empty()) note_missing(policy_path, is_read ? action::read : action::write);
}

void authorized_client::note_missing(std::string_view policy_path,
                                     missing_rights_watch::action what) {
  missing_.forbidden(policy_path, what, time_.now());
  rights_alarm_->wake();
}

task<> authorized_client::watch_rights() {
  for (;;) {
    const steady_time next = missing_.next();
    if (time_.now() < next) {
      co_await rights_alarm_->sleep_until(next);
    } else {
      co_await ask_for_rights();
    }
  }
}

task<> authorized_client::ask_for_rights() {
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

void authorized_client::release() {
  reads_.granted();
  writes_.granted();
}

void authorized_client::recovered() {
  release();
  if (recovered_) recovered_();
}

void authorized_client::ask_anew(bool by_an_operator) {
  session_.ask_anew(by_an_operator);
  release();
}

}  // namespace tokensyncd::sinks::vault
