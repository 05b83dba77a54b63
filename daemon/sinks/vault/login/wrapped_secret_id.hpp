#pragma once

#include <cstdint>
#include <optional>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/fs/secret_file.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "daemon/sinks/vault/server/transport.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// A secret id that comes wrapped: its file holds a wrapping token, which Vault takes once only.
/// It is unwrapped once for each content of the file. For the loop's thread.
class wrapped_secret_id {
 public:
  /// Refers to `file`, `out` and `unwrapped`. The owner of `file` reads it.
  wrapped_secret_id(const secret_file& file, transport& out, unwrapped_secrets& unwrapped) noexcept
      : file_(file), out_(out), unwrapped_(unwrapped) {}

  /// The secret id, unwrapped by one call unless that was done before. No call for a wrapping token
  /// that Vault has refused. Failures: those of transport::call, and bad_login where the wrapping
  /// token gives no secret id.
  task<outcome<secret>> unwrap();

  /// Whether the wrapping token is still good, without using it up: one call, but none where we
  /// have unwrapped it. None where it is.
  task<std::optional<trouble>> look();

  /// A wrapping token that was refused may be tried again.
  void ask_anew() noexcept { refused_version_ = 0; }

 private:
  enum class last_use : std::uint8_t { unknown, maybe_by_us };
  [[nodiscard]] failure spent(last_use use) const;

  const secret_file& file_;
  transport& out_;
  unwrapped_secrets& unwrapped_;
  std::uint32_t refused_version_ = 0;  ///< of the file, which isn't tried again
  std::optional<failure> refused_{};
};

}  // namespace tokensyncd::sinks::vault
