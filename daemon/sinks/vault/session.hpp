#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/values.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/gate.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/lease.hpp"
#include "daemon/sinks/vault/login.hpp"
#include "daemon/sinks/vault/transport.hpp"

namespace tokensyncd::sinks::vault {

/// Shared, because calls under way go on with the token that they began with.
using token_ref = std::shared_ptr<const secret>;

/// What a session needs of the world; all of it must outlive it. `tell` takes a sentence for the
/// log, each trouble once.
struct session_world {
  clock& time;
  random_source& chance;
  unwrapped_secrets& unwrapped;
  std::function<void(log_level level, const std::string& sentence)> tell;
};

/// The token that the sink works with: logs in where there is none, renews it in time, and after a
/// refusal logs in once more. Whoever asks while a login is under way waits for it; after one that
/// failed nobody tries again before its backoff is over. For the loop's thread.
class session {
 public:
  /// Refers to `out`.
  session(const config::vault_auth_settings& settings, transport& out, session_world world);

  /// Whether a login can be made, as far as that can be told without using anything up: makes one,
  /// but only looks at a wrapped secret id. None where it can.
  task<std::optional<trouble>> try_out();

  /// A token to call with. Failures: those of login::make().
  task<outcome<token_ref>> token();

  /// A call with `used` was forbidden: whether another token is there now, so that asking once more
  /// is worth while. Makes one login; for 5 min after it none for this reason, as it is the policy
  /// then that refuses.
  task<bool> replace(token_ref used);

  /// Logs in at once, and keeps the token alive until cancelled.
  task<> tend();

  /// When the token runs out; none without a token, or for ever.
  [[nodiscard]] std::optional<wall_time> expires() const;

 private:
  [[nodiscard]] bool is_alive() const;
  task<bool> log_in();
  task<> renew();
  void take(grant given);
  void failed(const trouble& why);

  login login_;
  transport& out_;
  session_world world_;
  gate one_at_a_time_;
  token_ref token_;
  lease terms_;
  std::uint64_t epoch_ = 0;                               ///< grows with each new token
  unsigned failures_ = 0;                                 ///< of logins and renewals, in a row
  steady_time tried_{};                                   ///< when the last of them failed
  steady_time not_before_ = steady_time::min();           ///< the next login
  steady_time refusal_heard_until_ = steady_time::min();  ///< no login because of a 403 before
  std::optional<trouble> trouble_;
  std::unique_ptr<sleeper> alarm_;  ///< of tend()
};

}  // namespace tokensyncd::sinks::vault
