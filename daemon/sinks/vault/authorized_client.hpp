#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/login/session.hpp"
#include "daemon/sinks/vault/rights.hpp"
#include "daemon/sinks/vault/server/circuit_breaker.hpp"
#include "daemon/sinks/vault/server/transport.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Makes calls with the sink's own token: each call logged in, repeated once after a fresh login
/// where it was forbidden, and slowed down where all reads or all writes are (cause::paused).
/// Watches the rights that calls lacked. For the loop's thread.
class authorized_client {
 public:
  /// `loop` must outlive this. Throws as transport does. `context.recovered` is also called when a
  /// right came back, or may have.
  authorized_client(asio::io_context& loop, const config::vault_sink_settings& settings,
                    std::string_view user_agent, session_context context);

  /// Whether the sink can do without the right that a call needs. `may`: a refusal (403) brings
  /// about neither a login nor a pause; `look`: it brings about a login but no pause, and the call
  /// is made in a pause too, because one destination that is forbidden must not hide the others.
  /// The order of calls follows from it (importance).
  enum class need : std::uint8_t { must, look, may };

  /// A call of any kind. `policy_path`: what to ask for rights on where it is forbidden; empty:
  /// nothing.
  task<outcome<reply>> ask(http::method how, std::string_view path, std::string_view body = {},
                           need right = need::must, std::string_view policy_path = {});

  /// A call that is made in a pause too, and that counts neither for pauses nor for rights. The
  /// token of `what` is set here.
  task<outcome<reply>> call(question what, need right);

  /// A right on `policy_path` is there, or is missing.
  void note_granted(std::string_view policy_path) { missing_.granted(policy_path); }
  void note_missing(std::string_view policy_path, missing_rights_watch::action what);

  /// Finds out, until cancelled, when a right comes back that a call lacked, and then says so as
  /// the login does (session_context::recovered).
  task<> watch_rights();

  /// See transport::look_at_cluster.
  task<bool> look_at_cluster() { return transport_.look_at_cluster(); }

  /// What was refused may be asked for at once; logins that were given up for an operator alone.
  void ask_anew(bool by_an_operator);

  [[nodiscard]] session& login() noexcept { return session_; }
  [[nodiscard]] const session& login() const noexcept { return session_; }
  [[nodiscard]] const std::string& host() const { return transport_.host(); }

 private:
  /// One call, and two more where a standby may not know a token yet that was given just now.
  task<outcome<reply>> call_until_known(const question& what);
  void note_refusal(http::method how, std::string_view path, std::string_view policy_path,
                    need right);
  task<> ask_for_rights();
  void release();
  void recovered();

  clock& time_;
  std::function<void()> recovered_;
  transport transport_;
  session session_;
  circuit_breaker reads_;
  circuit_breaker writes_;
  missing_rights_watch missing_;
  std::unique_ptr<sleeper> rights_alarm_;
};

}  // namespace tokensyncd::sinks::vault
