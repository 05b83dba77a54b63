#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// For how long a Vault token is good.
struct lease {
  steady_time since{};          ///< when Vault gave or renewed it
  std::chrono::seconds ttl{0};  ///< from then on; 0: for ever
  bool renewable = false;

  /// When it runs out; steady_time::max() for never.
  [[nodiscard]] steady_time ends() const noexcept {
    return ttl.count() == 0 ? steady_time::max() : since + ttl;
  }
};

/// What is to be done about a lease next, and when.
struct lease_step {
  enum class action : std::uint8_t { nothing, renew, log_in };
  action what = action::nothing;
  steady_time when = steady_time::max();
};

/// Renewal at two thirds of the TTL, and up to a tenth of it before, so that many sinks don't come
/// together; a new login at nine tenths, where it can't be renewed, so that there is never a time
/// without a token. `failures`: attempts in a row that failed, the last at `tried`; each makes the
/// next wait longer (1 s, doubling to 60 s). While renewals fail the token stays in use; from nine
/// tenths on a login is tried instead. `jitter` from [0, 1).
[[nodiscard]] lease_step next_step(const lease& of, unsigned failures, steady_time tried,
                                   double jitter) noexcept;

/// What a renewal's answer makes of a lease. A TTL of less than half of the one before means that
/// the token's longest life comes to its end: it isn't renewed again. With a TTL of 0 or less the
/// lease ends as before. At most 100 years.
[[nodiscard]] lease renewed(const lease& before, const lease& answer) noexcept;

/// How long to wait after so many failures in a row: 1 s doubling to 60 s, up to a quarter less by
/// `jitter`.
[[nodiscard]] std::chrono::milliseconds login_backoff(unsigned failures, double jitter) noexcept;

}  // namespace tokensyncd::sinks::vault
