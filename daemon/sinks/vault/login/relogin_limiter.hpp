#pragma once

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// Limits logins that are made because a call was forbidden (403): the second one 15 s after the
/// first, then one each 60 s, because it is the policy then that refuses. 5 minutes without one end
/// the series. Pure: time is passed in.
class relogin_limiter {
 public:
  /// Whether a login for this reason may be made.
  [[nodiscard]] bool admits(steady_time now) const noexcept { return now >= closed_until_; }

  /// Whether none has been made since the last reset().
  [[nodiscard]] bool is_first() const noexcept { return logins_ == 0; }

  /// A login for this reason was made, for a refusal at `now`.
  void made(steady_time now) noexcept;

  /// Other credentials, or an operator: the next one may be made at once.
  void reset() noexcept { *this = {}; }

 private:
  steady_time closed_until_ = steady_time::min();
  unsigned logins_ = 0;  ///< in a row
};

}  // namespace tokensyncd::sinks::vault
