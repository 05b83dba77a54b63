#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/authorized_client.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Which engine the sink's mount is, and whether the server knows of namespaces: asked once, and
/// again after it turned out to be wrong. A look-up that failed is repeated after login_backoff().
/// For the loop's thread.
class engine_lookup {
 public:
  /// Refers to `out`, `time` and `rng`.
  engine_lookup(const config::vault_sink_settings& settings, authorized_client& out, clock& time,
                random_source& rng);

  /// The engine of the mount. `path`: of a secret in it, on which the policy grants something.
  /// Where the look-up is forbidden, the configured version counts; with `auto` that is a failure.
  task<outcome<engine_kind>> find(std::string_view path);

  /// Asks the server, whatever is known.
  task<outcome<engine_kind>> ask_mount(std::string_view path);

  /// A call failed: what is known is forgotten where the failure says that it is wrong.
  void forget_if(const trouble& why);

  /// The next look-up is made at once.
  void retry_now() noexcept;

 private:
  /// A server without namespaces passes over the header that names one, so that what is meant for
  /// it lands in the root: none where it doesn't.
  task<std::optional<trouble>> look_for_namespaces(std::string_view path);

  const std::string mount_;
  const std::string namespace_;
  const config::kv_version configured_;
  authorized_client& out_;
  clock& time_;
  random_source& rng_;
  semaphore one_at_a_time_;
  std::optional<engine_kind> known_;
  std::optional<trouble> trouble_;
  unsigned failures_ = 0;
  steady_time not_before_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
