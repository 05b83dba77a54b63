#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/gate.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/brake.hpp"
#include "daemon/sinks/vault/kv.hpp"
#include "daemon/sinks/vault/session.hpp"
#include "daemon/sinks/vault/transport.hpp"
#include "daemon/sinks/vault/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// The secrets of one mount as the sink's own token may see them: each call logged in, repeated
/// once after a fresh login where it was forbidden, and slowed down where all reads or all writes
/// are (cause::paused). For the loop's thread.
class access {
 public:
  /// `loop` must outlive this. Throws as transport does.
  access(asio::io_context& loop, const config::vault_sink_settings& settings,
         std::string_view user_agent, session_world world);

  /// Which engine the mount is: asked once, and again after it turned out to be wrong. Where the
  /// look-up is forbidden, what the configuration says counts; with `auto` that is a failure.
  task<outcome<engine_kind>> engine(std::string_view path);

  /// Whether the sink can do without the right that a call needs. `may`: a refusal (403) brings
  /// about neither a login nor a pause; `look`: it brings about a login but no pause, and the call
  /// is made in a pause too, as one place that is forbidden must not hide the others.
  enum class need : std::uint8_t { must, look, may };

  task<outcome<found_secret>> read(const location& where, need right = need::must);

  /// Writes members (a JSON object). `cas`: the version that must be there now, for KV v2; returns
  /// the one made. Nothing is repeated: cause::lost may have been done.
  task<outcome<std::uint64_t>> write(const location& where, std::string_view members,
                                     std::uint64_t cas);

  /// Deletes the newest version (KV v2) or the secret (v1), which the sink can do without.
  task<outcome<reply>> remove(const location& where);

  /// Metadata of KV v2, which the sink can do without.
  task<outcome<reply>> read_metadata(const location& where);
  task<outcome<reply>> write_metadata(const location& where, std::string_view body);

  /// A call of any other kind.
  task<outcome<reply>> ask(http::method how, std::string_view path, std::string_view body = {},
                           need right = need::must);

  [[nodiscard]] session& login() noexcept { return session_; }
  [[nodiscard]] const session& login() const noexcept { return session_; }
  [[nodiscard]] const std::string& host() const { return transport_.host(); }

 private:
  task<outcome<engine_kind>> ask_mount(std::string_view path);
  /// A write for KV v2 went to a KV v1, which has stored the token where nobody looks for it:
  /// deletes it, or says in what it makes of `why` that it is left there.
  task<trouble> take_back(const location& where, trouble why);
  void forget_engine_if(const trouble& why);

  clock& time_;
  random_source& chance_;
  std::string mount_;
  config::kv_version configured_;
  transport transport_;
  session session_;
  brake reads_;
  brake writes_;
  gate look_up_;
  std::optional<engine_kind> engine_;
  std::optional<trouble> engine_trouble_;
  unsigned engine_failures_ = 0;
  steady_time engine_not_before_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
