#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sinks/vault/authorized_client.hpp"
#include "daemon/sinks/vault/engine_lookup.hpp"
#include "daemon/sinks/vault/login/session.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sinks/vault/secret/location.hpp"
#include "daemon/sinks/vault/secret/version_expiry.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// A version that a write made.
struct written_version {
  std::uint64_t number = 0;            ///< 0 for KV v1
  std::optional<kept_version> kept{};  ///< where the server deletes it by itself
};

/// The secrets of one mount as the sink's own token may see them: reads and writes them by the API
/// of the engine that is mounted. For the loop's thread.
class access {
 public:
  using need = authorized_client::need;

  /// `loop` must outlive this. Throws as transport does.
  access(asio::io_context& loop, const config::vault_sink_settings& settings,
         std::string_view user_agent, const session_context& context);

  /// Which engine the mount is, see engine_lookup::find().
  task<outcome<engine_kind>> engine(std::string_view path) { return engine_.find(path); }

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

  /// A call of any other kind, see authorized_client::ask().
  task<outcome<reply>> ask(http::method how, std::string_view path, std::string_view body = {},
                           need right = need::must, std::string_view policy_path = {});

  /// Whether everything that was delivered should be looked at: see transport::look_at_cluster.
  task<bool> look_at_cluster() { return client_.look_at_cluster(); }

  /// See authorized_client::watch_rights().
  task<> watch_rights() { return client_.watch_rights(); }

  /// What was refused may be asked for at once; logins that were given up for an operator alone.
  void ask_anew(bool by_an_operator);

  [[nodiscard]] session& login() noexcept { return client_.login(); }
  [[nodiscard]] const session& login() const noexcept { return client_.login(); }
  [[nodiscard]] const std::string& host() const { return client_.host(); }

 private:
  /// A write for KV v2 went to a KV v1, which has stored the token where nobody looks for it:
  /// deletes it, or says in what it makes of `why` that it is left there.
  task<trouble> take_back(const location& where, trouble why);

  authorized_client client_;
  engine_lookup engine_;
};

}  // namespace tokensyncd::sinks::vault
