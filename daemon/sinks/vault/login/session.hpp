#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/values.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/login/grant.hpp"
#include "daemon/sinks/vault/login/held_token.hpp"
#include "daemon/sinks/vault/login/lease.hpp"
#include "daemon/sinks/vault/login/login.hpp"
#include "daemon/sinks/vault/login/login_proof.hpp"
#include "daemon/sinks/vault/login/login_retry.hpp"
#include "daemon/sinks/vault/login/relogin_limiter.hpp"
#include "daemon/sinks/vault/server/transport.hpp"

namespace tokensyncd::sinks::vault {

/// The services that a session uses; all of them must outlive it. `report` takes a sentence for the
/// log, each trouble once.
struct session_context {
  clock& time;
  random_source& rng;
  unwrapped_secrets& unwrapped;
  std::function<void(log_level level, const std::string& sentence)> report;
  /// A login works again after trouble, or with other credentials; empty: nobody listens.
  std::function<void()> recovered{};
};

/// `context` with another listener.
[[nodiscard]] inline session_context heard_by(session_context context,
                                              std::function<void()> recovered) {
  context.recovered = std::move(recovered);
  return context;
}

/// The token that the sink works with: logs in where there is none, renews it in time, and after a
/// refusal logs in once more. Whoever asks while a login is under way waits for it; after one that
/// failed nobody tries again before its backoff is over. For the loop's thread.
class session {
 public:
  /// Refers to `out`.
  session(const config::vault_auth_settings& settings, transport& out, session_context context);

  /// Whether a login can be made, as far as that can be found out without using anything up: makes
  /// one, but only looks at a wrapped secret id. None where it can.
  task<std::optional<trouble>> try_out();

  /// A token for one call; one with a limit of uses (num_uses) is replaced before it runs out.
  /// Failures: those of login::make().
  task<outcome<token_ref>> token();

  /// A call with `used` was forbidden: whether another token is there now, so that asking once more
  /// is worth while. Makes one login; the next for this reason 15 s later, then 60 s apart, because
  /// it is the policy then that refuses.
  task<bool> replace(token_ref used);

  /// When the token in use was got by a login; none without a token.
  [[nodiscard]] std::optional<steady_time> logged_in_at() const noexcept;

  /// No login waits any more; for an operator none is given up, either.
  void ask_anew(bool by_an_operator);

  /// Logs in at once, and keeps the token alive until cancelled. Looks whether the credentials in
  /// their files are others, each 5 s, in trouble each second, and logs in with them at once.
  /// Proves every `auth.check_interval` that a login would still work (login_proof): makes one, and
  /// revokes the token that it gives. No proof while the token in use has a limit of uses.
  task<> tend();

  /// When the token runs out; none without a token, or for ever.
  [[nodiscard]] std::optional<wall_time> expires() const;

  /// Why no login is possible with the credentials, even if the token in use is good; empty where
  /// one is, or hasn't been tried. Valid until the loop's next turn.
  [[nodiscard]] std::string_view refused() const noexcept;

 private:
  [[nodiscard]] bool is_alive() const;
  [[nodiscard]] bool has_a_use() const;
  [[nodiscard]] lease_step next_action() const;
  /// Has a token with a use left, or says why not.
  task<std::optional<trouble>> get_in();
  task<bool> log_in();
  task<> log_in_with_others();
  task<> renew();
  task<> prove();
  task<bool> give_back(const secret& token);
  void take(grant given);
  void failed(const trouble& why, std::string_view remark = {});

  login login_;
  transport& out_;
  session_context context_;
  semaphore one_at_a_time_;
  held_token held_;
  login_retry retry_;
  relogin_limiter relogins_;
  login_proof proof_;
  std::unique_ptr<sleeper> alarm_;  ///< of tend()
};

}  // namespace tokensyncd::sinks::vault
