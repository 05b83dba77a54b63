#include "daemon/sinks/vault/login/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

/// After a login because of a 403, until the next for that reason; and when it is all over.
constexpr auto first_after_refusal = 15s;
constexpr auto next_after_refusal = 60s;
constexpr auto refusals_forgotten = 5min;

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

session::session(const config::vault_auth_settings& settings, transport& out, session_world world)
    : login_(settings, out, world.time, world.unwrapped,
             [this](const std::string& sentence) { world_.tell(log_level::warning, sentence); }),
      out_(out),
      world_(std::move(world)),
      one_at_a_time_(world_.time, 1),
      proof_(settings.check_interval),
      alarm_(world_.time.make_sleeper()) {}

task<std::optional<trouble>> session::try_out() {
  if (login_.is_wrapped()) co_return co_await login_.look_at_wrapping();
  co_return co_await get_in();
}

bool session::is_alive() const {
  return token_ != nullptr && world_.time.now() < terms_.ends();
}

std::optional<wall_time> session::expires() const {
  if (!is_alive() || terms_.ends() == steady_time::max()) return {};
  const auto left = terms_.ends() - world_.time.now();
  return world_.time.wall() + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

std::string_view session::refused() const noexcept {
  const bool is_refused = trouble_ && trouble_->why == cause::no_token;
  return is_refused ? std::string_view{trouble_->what.sentence} : std::string_view{};
}

bool session::has_a_use() const {
  return is_alive() && (!uses_left_ || *uses_left_ > 0);
}

task<std::optional<trouble>> session::get_in() {
  if (has_a_use()) co_return std::nullopt;
  const auto turn = co_await one_at_a_time_.enter();
  if (has_a_use()) co_return std::nullopt;
  const bool too_early = trouble_ && world_.time.now() < not_before_;
  bool is_in = false;
  if (!too_early) is_in = co_await log_in();
  if (!is_in) co_return *trouble_;
  co_return std::nullopt;
}

task<outcome<token_ref>> session::token() {
  const auto why_not = co_await get_in();
  if (why_not) co_return *why_not;
  if (uses_left_) --*uses_left_;
  co_return token_;
}

std::optional<steady_time> session::logged_in_at() const noexcept {
  if (token_ == nullptr) return {};
  return logged_in_at_;
}

void session::ask_anew(bool by_an_operator) {
  if (by_an_operator) {
    login_.ask_anew();
    if (trouble_) proof_.ask_anew(world_.time.now());
  }
  failures_ = 0;
  not_before_ = steady_time::min();
  refusal_heard_until_ = steady_time::min();
  refusals_heard_ = 0;
  alarm_->wake();
}

task<bool> session::replace(token_ref used) {
  const auto turn = co_await one_at_a_time_.enter();
  if (token_ != used) co_return is_alive();
  const steady_time now = world_.time.now();
  if (now < refusal_heard_until_ || now < not_before_) co_return false;
  co_await login_.read_credentials();
  if (!login_.may_give_another(*used)) co_return false;
  if (refusals_heard_ == 0) {
    world_.tell(log_level::warning, "Vault at " + out_.host() +
                                        " refuses a call (403): tokensyncd logs in again, because "
                                        "the token may have expired or its policies may be old.");
  }
  // The old one stays where the login fails: it may be good for other paths.
  const bool is_in = co_await log_in();
  // Where Vault couldn't be asked, the next refusal may try once more after the login's backoff.
  if (is_in || trouble_->why == cause::no_token) {
    if (now >= refusal_heard_until_ + refusals_forgotten) refusals_heard_ = 0;
    refusal_heard_until_ = now + (refusals_heard_ == 0 ? first_after_refusal : next_after_refusal);
    ++refusals_heard_;
  }
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
  logged_in_at_ = world_.time.now();
  jitter_ = world_.rng.fraction();
  uses_left_.reset();
  if (given.uses != 0) uses_left_ = given.uses;
  // A renewal would take one of its uses, and gives none.
  if (uses_left_) terms_.renewable = false;
  ++epoch_;
  const bool is_again = trouble_.has_value();
  trouble_.reset();
  failures_ = 0;
  not_before_ = steady_time::min();
  proof_.passed(logged_in_at_, world_.rng.fraction());
  alarm_->wake();
  if (!is_again) return;
  world_.tell(log_level::info, "Logged in to Vault at " + out_.host() + " again.");
  if (world_.recovered) world_.recovered();
}

void session::failed(const trouble& why, std::string_view remark) {
  // Sentences of one cause differ by the server that was asked, or by how long to wait.
  const bool is_same = trouble_ && trouble_->why == why.why &&
                       (why.why != cause::no_token || trouble_->what.sentence == why.what.sentence);
  trouble_ = why;
  ++failures_;
  tried_ = world_.time.now();
  not_before_ = tried_ + login_backoff(failures_, world_.rng.fraction());
  if (why.why == cause::no_token) {
    proof_.refused();
  } else {
    proof_.passed(tried_, world_.rng.fraction());
  }
  if (is_same) return;
  const bool needs_a_person = why.what.kind == failure_kind::bad_login;
  world_.tell(needs_a_person ? log_level::error : log_level::warning,
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
  if (got && (trouble_ || !is_alive())) {
    take(std::move(*got));
    co_return;
  }
  // Calls under way have the token in use, so that it is the new one that goes.
  if (got && login_.gives_tokens()) {
    const bool is_gone = co_await give_back(got->token);
    const auto life = got->terms.ttl.count() == 0 ? endless : got->terms.ttl;
    if (!is_gone) stays = life * 2 / 3;
  }
  proof_.passed(world_.time.now(), world_.rng.fraction(), stays);
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
    jitter_ = world_.rng.fraction();
    failures_ = 0;
    co_return;
  }
  ++failures_;
  tried_ = began;  // a login that has become due meanwhile isn't put off by it
  if (got || is_final(got.error().why)) terms_.renewable = false;
  world_.tell(log_level::warning,
              "The Vault token cannot be renewed; it stays in use until it expires" +
                  (got ? std::string{"."} : ": " + got.error().what.sentence + "."));
}

lease_step session::next_action() const {
  // Where there is none any more, the one that fails keeps the backoff.
  if (!is_alive()) return {lease_step::action::log_in, not_before_};
  return next_step(terms_, failures_, tried_, jitter_);
}

task<> session::tend() {
  {
    const auto first = co_await get_in();
  }
  for (;;) {
    const lease_step next = next_action();
    const std::uint64_t before = epoch_;
    const steady_time look =
        world_.time.now() + (trouble_ || failures_ != 0 ? look_in_trouble : look_when_well);
    // A proof of a token in a file would take one of its uses.
    const steady_time proof = uses_left_ || !is_alive() ? steady_time::max() : proof_.next();
    const steady_time turn_at = std::min({next.when, look, proof});
    if (turn_at > world_.time.now()) co_await alarm_->sleep_until(turn_at);
    co_await login_.read_credentials();
    const bool has_others = login_.has_new_credentials();
    const bool is_due = world_.time.now() >= next.when;
    const bool is_proof_due = world_.time.now() >= proof;
    if (epoch_ != before || (!has_others && !is_due && !is_proof_due)) continue;
    const auto turn = co_await one_at_a_time_.enter();
    if (epoch_ != before) continue;
    if (has_others) {
      co_await log_in_with_others();
    } else if (!is_due) {
      co_await prove();
    } else if (next.what == lease_step::action::renew) {
      co_await renew();
    } else if (is_alive() || world_.time.now() >= not_before_) {
      co_await log_in();
    }
  }
}

task<> session::log_in_with_others() {
  const bool was_in_trouble = trouble_.has_value();
  const bool is_in = co_await log_in();
  if (!is_in) co_return;
  refusal_heard_until_ = steady_time::min();
  refusals_heard_ = 0;
  // What the ones before weren't allowed to do, these may be.
  if (!was_in_trouble && world_.recovered) world_.recovered();
}

}  // namespace tokensyncd::sinks::vault
