#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/sinks/vault/login/grant.hpp"
#include "daemon/sinks/vault/login/lease.hpp"

namespace tokensyncd::sinks::vault {

/// Shared, because calls under way go on with the token that they began with.
using token_ref = std::shared_ptr<const secret>;

/// The token that a session works with: its lease, its uses, and when to renew it. Pure: time is
/// passed in.
class held_token {
 public:
  /// A login gave another token. `jitter` from [0, 1) spreads its renewal.
  void replace(grant given, steady_time now, double jitter);

  /// A renewal gave `answer`. `jitter` as for replace().
  void renew(const lease& answer, double jitter) noexcept;

  /// No renewal is tried any more: the token stays in use until it expires.
  void forbid_renewal() noexcept { terms_.renewable = false; }

  /// The token without counting a use of it; null before the first login.
  [[nodiscard]] const token_ref& get() const noexcept { return token_; }

  /// The token for one call. There must be a use left.
  [[nodiscard]] token_ref use() noexcept;

  /// Whether the token has not expired.
  [[nodiscard]] bool is_alive(steady_time now) const noexcept;

  /// Whether it is alive, and another call may be made with it.
  [[nodiscard]] bool has_a_use(steady_time now) const noexcept;

  /// Whether the number of calls that may be made with it is limited (num_uses).
  [[nodiscard]] bool is_limited() const noexcept { return uses_left_.has_value(); }

  /// When it expires, by the wall clock that shows `wall` at `now`; none without a token, or for
  /// ever.
  [[nodiscard]] std::optional<wall_time> expires(steady_time now, wall_time wall) const noexcept;

  /// When a login gave it; none without a token.
  [[nodiscard]] std::optional<steady_time> logged_in_at() const noexcept;

  /// Grows by one with each token of a login.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

  /// Whether to renew it or to log in next, and when: next_step() of its lease. `failures`:
  /// attempts in a row that failed, the last at `tried`.
  [[nodiscard]] lease_step next_step(unsigned failures, steady_time tried) const noexcept;

 private:
  token_ref token_;
  lease terms_;
  std::optional<std::uint64_t> uses_left_;  ///< none: any number
  steady_time logged_in_at_{};
  double jitter_ = 0;  ///< of the next renewal, from [0, 1)
  std::uint64_t epoch_ = 0;
};

}  // namespace tokensyncd::sinks::vault
