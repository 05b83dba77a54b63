#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/login/session.hpp"
#include "daemon/sinks/vault/rights.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sinks/vault/secret/version_expiry.hpp"
#include "daemon/sinks/vault/server/circuit_breaker.hpp"
#include "daemon/sinks/vault/server/transport.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// A version that a write made.
struct written_version {
  std::uint64_t number = 0;            ///< 0 for KV v1
  std::optional<kept_version> kept{};  ///< where the server deletes it by itself
};

/// The secrets of one mount as the sink's own token may see them: each call logged in, repeated
/// once after a fresh login where it was forbidden, and slowed down where all reads or all writes
/// are (cause::paused). For the loop's thread.
class access {
 public:
  /// `loop` must outlive this. Throws as transport does.
  access(asio::io_context& loop, const config::vault_sink_settings& settings,
         std::string_view user_agent, session_context world);

  /// Which engine the mount is: asked once, and again after it turned out to be wrong. Where the
  /// look-up is forbidden, what the configuration says counts; with `auto` that is a failure.
  task<outcome<engine_kind>> engine(std::string_view path);

  /// Whether the sink can do without the right that a call needs. `may`: a refusal (403) brings
  /// about neither a login nor a pause; `look`: it brings about a login but no pause, and the call
  /// is made in a pause too, as one place that is forbidden must not hide the others.
  /// The order of calls follows from it (importance).
  enum class need : std::uint8_t { must, look, may };

  task<outcome<found_secret>> read(const location& where, need right = need::must);

  /// Writes members (a JSON object). `cas`: the version that must be there now, for KV v2; returns
  /// the one made. Nothing is repeated: cause::lost may have been done.
  task<outcome<written_version>> write(const location& where, std::string_view members,
                                       std::uint64_t cas);

  /// Deletes the newest version (KV v2) or the secret (v1), which the sink can do without.
  task<outcome<reply>> remove(const location& where);

  /// Metadata of KV v2, which the sink can do without.
  task<outcome<reply>> read_metadata(const location& where,
                                     importance what_for = importance::background);
  task<outcome<reply>> write_metadata(const location& where, std::string_view body);

  /// A call of any other kind. `policy_path`: what to ask for rights on where it is forbidden;
  /// empty: nothing.
  task<outcome<reply>> ask(http::method how, std::string_view path, std::string_view body = {},
                           need right = need::must, std::string_view policy_path = {});

  /// Whether everything that was delivered should be looked at: see transport::look_at_cluster.
  task<bool> look_at_cluster() { return transport_.look_at_cluster(); }

  /// Finds out, until cancelled, when a right comes back that a call lacked, and then says so as
  /// the login does (session_context::recovered).
  task<> watch_rights();

  /// What was refused may be asked for at once; logins that were given up for an operator alone.
  void ask_anew(bool by_an_operator);

  [[nodiscard]] session& login() noexcept { return session_; }
  [[nodiscard]] const session& login() const noexcept { return session_; }
  [[nodiscard]] const std::string& host() const { return transport_.host(); }

 private:
  task<outcome<engine_kind>> ask_mount(std::string_view path);
  /// A server without namespaces passes over the header that names one, so that what is meant for
  /// it lands in the root: none where it doesn't.
  task<std::optional<trouble>> look_for_namespaces(std::string_view path);
  task<outcome<reply>> call(question what, need right);
  /// One call, and two more where a standby may not know a token yet that was given just now.
  task<outcome<reply>> call_until_known(const question& what);
  /// A write for KV v2 went to a KV v1, which has stored the token where nobody looks for it:
  /// deletes it, or says in what it makes of `why` that it is left there.
  task<trouble> take_back(const location& where, trouble why);
  void forget_engine_if(const trouble& why);
  void note_refusal(http::method how, std::string_view path, std::string_view policy_path,
                    need right);
  void note_missing(std::string_view policy_path, missing_rights_watch::action what);
  task<> ask_for_rights();
  void release();
  void recovered();

  clock& time_;
  random_source& rng_;
  std::function<void()> recovered_;
  std::string mount_;
  std::string namespace_;
  config::kv_version configured_;
  transport transport_;
  session session_;
  circuit_breaker reads_;
  circuit_breaker writes_;
  missing_rights_watch missing_;
  std::unique_ptr<sleeper> rights_alarm_;
  semaphore look_up_;
  std::optional<engine_kind> engine_;
  std::optional<trouble> engine_trouble_;
  unsigned engine_failures_ = 0;
  steady_time engine_not_before_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
