#include "daemon/sinks/vault/session.hpp"

#include <chrono>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto between_logins_after_refusals = 5min;

/// Whether Vault won't ever renew this token: too old, not renewable, not allowed to.
bool is_final(cause why) {
  return why == cause::refused || why == cause::forbidden;
}

}  // namespace

session::session(const config::vault_auth_settings& settings, transport& out, session_world world)
    : login_(settings, out, world.time, world.unwrapped),
      out_(out),
      world_(std::move(world)),
      one_at_a_time_(world_.time, 1),
      alarm_(world_.time.make_sleeper()) {}

task<std::optional<trouble>> session::try_out() {
  if (login_.is_wrapped()) co_return co_await login_.look_at_wrapping();
  const auto got = co_await token();
  if (!got) co_return got.error();
  co_return std::nullopt;
}

bool session::is_alive() const {
  return token_ != nullptr && world_.time.now() < terms_.ends();
}

std::optional<wall_time> session::expires() const {
  if (!is_alive() || terms_.ends() == steady_time::max()) return {};
  const auto left = terms_.ends() - world_.time.now();
  return world_.time.wall() + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

task<outcome<token_ref>> session::token() {
  if (is_alive()) co_return token_;
  const auto turn = co_await one_at_a_time_.enter();
  if (is_alive()) co_return token_;
  const bool too_early = trouble_ && world_.time.now() < not_before_;
  bool is_in = false;
  if (!too_early) is_in = co_await log_in();
  if (!is_in) co_return *trouble_;
  co_return token_;
}

task<bool> session::replace(token_ref used) {
  const auto turn = co_await one_at_a_time_.enter();
  if (token_ != used) co_return is_alive();
  const steady_time now = world_.time.now();
  if (now < refusal_heard_until_ || now < not_before_ || !login_.may_give_another(*used)) {
    co_return false;
  }
  world_.tell(log_level::warning,
              "Vault at " + out_.host() +
                  " forbids a call (403): logging in anew once, in case the token is "
                  "over or its policies are old.");
  // The old one stays where the login fails: it may be good for other paths.
  const bool is_in = co_await log_in();
  // Where Vault couldn't be asked, the next refusal may try once more after the login's backoff.
  if (is_in || trouble_->why == cause::no_token)
    refusal_heard_until_ = now + between_logins_after_refusals;
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
  token_ = std::make_shared<const secret>(std::move(given.token));
  terms_ = given.terms;
  ++epoch_;
  if (trouble_) world_.tell(log_level::info, "Logged in to Vault at " + out_.host() + " again.");
  trouble_.reset();
  failures_ = 0;
  not_before_ = steady_time::min();
  alarm_->wake();
}

void session::failed(const trouble& why) {
  // Sentences of one cause differ by the server that was asked, or by how long to wait.
  const bool is_same = trouble_ && trouble_->why == why.why &&
                       (why.why != cause::no_token || trouble_->what.sentence == why.what.sentence);
  trouble_ = why;
  ++failures_;
  tried_ = world_.time.now();
  not_before_ = tried_ + login_backoff(failures_, world_.chance.fraction());
  if (is_same) return;
  const bool needs_a_person = why.what.kind == failure_kind::bad_login;
  world_.tell(needs_a_person ? log_level::error : log_level::warning, why.what.sentence);
}

task<> session::renew() {
  const token_ref held = token_;
  const steady_time began = world_.time.now();
  question what;
  what.method = http::method::post;
  what.path = "auth/token/renew-self";
  what.body = "{}";
  what.token = held->reveal();
  const auto got = co_await out_.call(what);
  if (token_ != held) co_return;
  const auto* auth = got ? object_in(got->body.root(), "auth") : nullptr;
  if (auth != nullptr) {
    const auto ttl = number_in(*auth, "lease_duration").value_or(0);
    const lease answer{world_.time.now(), std::chrono::seconds{ttl},
                       is_true_in(*auth, "renewable")};
    terms_ = renewed(terms_, answer);
    failures_ = 0;
    co_return;
  }
  ++failures_;
  tried_ = began;  // a login that has become due meanwhile isn't put off by it
  if (got || is_final(got.error().why)) terms_.renewable = false;
  world_.tell(log_level::warning,
              "The Vault token isn't renewed; it stays in use until it runs out" +
                  (got ? std::string{"."} : ": " + got.error().what.sentence + "."));
}

task<> session::tend() {
  {
    const auto first = co_await token();
  }
  for (;;) {
    // Where there is none any more, the one that fails keeps the backoff.
    lease_step next{lease_step::action::log_in, not_before_};
    if (is_alive()) next = next_step(terms_, failures_, tried_, world_.chance.fraction());
    const std::uint64_t before = epoch_;
    if (next.when > world_.time.now()) co_await alarm_->sleep_until(next.when);
    if (epoch_ != before || world_.time.now() < next.when) continue;
    const auto turn = co_await one_at_a_time_.enter();
    if (epoch_ != before || (!is_alive() && world_.time.now() < not_before_)) continue;
    if (next.what == lease_step::action::renew) {
      co_await renew();
    } else {
      co_await log_in();
    }
  }
}

}  // namespace tokensyncd::sinks::vault
