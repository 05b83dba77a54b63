#include "daemon/sinks/vault/login/session.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

/// How often the files of the credentials are looked at.
constexpr auto look_when_well = 5s;
constexpr auto look_in_trouble = 1s;

/// How long a token without an end is taken to last, where it stays behind on the server.
constexpr std::chrono::seconds endless = 24h;

/// Whether Vault won't ever renew this token: too old, not renewable, not allowed to.
bool is_final(cause why) {
  return why == cause::refused || why == cause::forbidden;
}

}  // namespace

session::session(const config::vault_auth_settings& settings, transport& out,
                 session_context context)
    : login_(
          settings, out, context.time, context.unwrapped,
          [this](const std::string& sentence) { context_.report(log_level::warning, sentence); }),
      out_(out),
      context_(std::move(context)),
      one_at_a_time_(context_.time, 1),
      proof_(settings.check_interval),
      alarm_(context_.time.make_sleeper()) {}

task<std::optional<trouble>> session::try_out() {
  if (login_.is_wrapped()) co_return co_await login_.look_at_wrapping();
  co_return co_await get_in();
}

bool session::is_alive() const {
  return held_.is_alive(context_.time.now());
}

std::optional<wall_time> session::expires() const {
  return held_.expires(context_.time.now(), context_.time.wall());
}

std::string_view session::refused() const noexcept {
  const auto& why = retry_.why();
  const bool is_refused = why && why->why == cause::no_token;
  return is_refused ? std::string_view{why->what.sentence} : std::string_view{};
}

bool session::has_a_use() const {
  return held_.has_a_use(context_.time.now());
}

task<std::optional<trouble>> session::get_in() {
  if (has_a_use()) co_return std::nullopt;
  const auto turn = co_await one_at_a_time_.enter();
  if (has_a_use()) co_return std::nullopt;
  const bool too_early = retry_.why() && context_.time.now() < retry_.next_login();
  bool is_in = false;
  if (!too_early) is_in = co_await log_in();
  if (!is_in) co_return *retry_.why();
  co_return std::nullopt;
}

task<outcome<token_ref>> session::token() {
  const auto why_not = co_await get_in();
  if (why_not) co_return *why_not;
  co_return held_.use();
}

std::optional<steady_time> session::logged_in_at() const noexcept {
  return held_.logged_in_at();
}

void session::ask_anew(bool by_an_operator) {
  if (by_an_operator) {
    login_.ask_anew();
    if (retry_.why()) proof_.ask_anew(context_.time.now());
  }
  retry_.retry_now();
  relogins_.reset();
  alarm_->wake();
}

task<bool> session::replace(token_ref used) {
  const auto turn = co_await one_at_a_time_.enter();
  if (held_.get() != used) co_return is_alive();
  const steady_time now = context_.time.now();
  if (!relogins_.admits(now) || now < retry_.next_login()) co_return false;
  co_await login_.read_credentials();
  if (!login_.may_give_another(*used)) co_return false;
  if (relogins_.is_first()) {
    context_.report(log_level::warning,
                    "Vault at " + out_.host() +
                        " refuses a call (403): tokensyncd logs in again, because "
                        "the token may have expired or its policies may be old.");
  }
  // The old one stays where the login fails: it may be good for other paths.
  const bool is_in = co_await log_in();
  // Where Vault couldn't be asked, the next refusal may try once more after the login's backoff.
  if (is_in || retry_.why()->why == cause::no_token) relogins_.made(now);
  co_return is_in;
}

task<bool> session::log_in() {
  auto got = co_await login_.make();
  if (got) {
    take(std::move(*got));
    co_return true;
  }
  failed(got.error());
  co_return false;
}

void session::take(grant given) {
  const steady_time now = context_.time.now();
  held_.replace(std::move(given), now, context_.rng.fraction());
  const bool is_again = retry_.why().has_value();
  retry_.logged_in();
  proof_.passed(now, context_.rng.fraction());
  alarm_->wake();
  if (!is_again) return;
  context_.report(log_level::info, "Logged in to Vault at " + out_.host() + " again.");
  if (context_.recovered) context_.recovered();
}

void session::failed(const trouble& why, std::string_view remark) {
  const steady_time now = context_.time.now();
  const bool is_new = retry_.login_failed(why, now, context_.rng.fraction());
  if (why.why == cause::no_token) {
    proof_.refused();
  } else {
    proof_.passed(now, context_.rng.fraction());
  }
  if (!is_new) return;
  const bool needs_a_person = why.what.kind == failure_kind::bad_login;
  context_.report(needs_a_person ? log_level::error : log_level::warning,
                  why.what.sentence + std::string{remark});
}

task<> session::prove() {
  auto got = co_await login_.make();
  if (!got && got.error().why == cause::no_token) {
    const bool lives_on = is_alive() && login_.gives_tokens();
    failed(got.error(), lives_on ? "; the current token works until it expires" : "");
    co_return;
  }
  std::chrono::milliseconds stays{0};
  if (got && (retry_.why() || !is_alive())) {
    take(std::move(*got));
    co_return;
  }
  // Calls under way have the token in use, so that it is the new one that goes.
  if (got && login_.gives_tokens()) {
    const bool is_gone = co_await give_back(got->token);
    const auto life = got->terms.ttl.count() == 0 ? endless : got->terms.ttl;
    if (!is_gone) stays = life * 2 / 3;
  }
  proof_.passed(context_.time.now(), context_.rng.fraction(), stays);
}

task<bool> session::give_back(const secret& token) {
  question what;
  what.method = http::method::post;
  what.path = "auth/token/revoke-self";
  what.body = "{}";
  what.token = token.reveal();
  what.matters = importance::background;
  const auto got = co_await out_.call(what);
  co_return got.has_value();
}

task<> session::renew() {
  const token_ref held = held_.get();
  const steady_time began = context_.time.now();
  question what;
  what.method = http::method::post;
  what.path = "auth/token/renew-self";
  what.body = "{}";
  what.token = held->reveal();
  const auto got = co_await out_.call(what);
  if (held_.get() != held) co_return;
  const auto* auth = got ? object_in(got->body.root(), "auth") : nullptr;
  if (auth != nullptr) {
    const auto ttl = number_in(*auth, "lease_duration").value_or(0);
    const lease answer{context_.time.now(), std::chrono::seconds{ttl},
                       is_true_in(*auth, "renewable")};
    held_.renew(answer, context_.rng.fraction());
    retry_.renewed();
    co_return;
  }
  retry_.renewal_failed(began);
  if (got || is_final(got.error().why)) held_.forbid_renewal();
  context_.report(log_level::warning,
                  "The Vault token cannot be renewed; it stays in use until it expires" +
                      (got ? std::string{"."} : ": " + got.error().what.sentence + "."));
}

lease_step session::next_action() const {
  // Where there is none any more, the one that fails keeps the backoff.
  if (!is_alive()) return {lease_step::action::log_in, retry_.next_login()};
  return held_.next_step(retry_.failures(), retry_.last_failure());
}

task<> session::tend() {
  {
    const auto first = co_await get_in();
  }
  for (;;) {
    const lease_step next = next_action();
    const std::uint64_t before = held_.epoch();
    const bool in_trouble = retry_.why() || retry_.failures() != 0;
    const steady_time look = context_.time.now() + (in_trouble ? look_in_trouble : look_when_well);
    // A proof of a token in a file would take one of its uses.
    const steady_time proof =
        held_.is_limited() || !is_alive() ? steady_time::max() : proof_.next();
    const steady_time turn_at = std::min({next.when, look, proof});
    if (turn_at > context_.time.now()) co_await alarm_->sleep_until(turn_at);
    co_await login_.read_credentials();
    const bool has_others = login_.has_new_credentials();
    const bool is_due = context_.time.now() >= next.when;
    const bool is_proof_due = context_.time.now() >= proof;
    if (held_.epoch() != before || (!has_others && !is_due && !is_proof_due)) continue;
    const auto turn = co_await one_at_a_time_.enter();
    if (held_.epoch() != before) continue;
    if (has_others) {
      co_await log_in_with_others();
    } else if (!is_due) {
      co_await prove();
    } else if (next.what == lease_step::action::renew) {
      co_await renew();
    } else if (is_alive() || context_.time.now() >= retry_.next_login()) {
      co_await log_in();
    }
  }
}

task<> session::log_in_with_others() {
  const bool was_in_trouble = retry_.why().has_value();
  const bool is_in = co_await log_in();
  if (!is_in) co_return;
  relogins_.reset();
  // What the ones before weren't allowed to do, these may be.
  if (!was_in_trouble && context_.recovered) context_.recovered();
}

}  // namespace tokensyncd::sinks::vault
