#pragma once

#include <optional>

#include "daemon/model/time.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Failures of logins and renewals in a row, why the last login failed, and when the next login may
/// be made: after login_backoff(). Pure: time is passed in.
class login_retry {
 public:
  /// A login failed at `now`; `jitter` from [0, 1) spreads the backoff. Whether that is another
  /// trouble than before, so that it is to be reported.
  bool login_failed(const trouble& why, steady_time now, double jitter);

  /// A renewal failed that began at `began`. It puts off the next renewal, but no login.
  void renewal_failed(steady_time began) noexcept;

  /// A renewal worked.
  void renewed() noexcept { failures_ = 0; }

  /// A login worked.
  void logged_in() noexcept;

  /// The next login may be made at once. The trouble stays until a login works.
  void retry_now() noexcept;

  /// When the next login may be made; steady_time::min() for at once.
  [[nodiscard]] steady_time next_login() const noexcept { return not_before_; }

  /// Why the last login failed; none where it worked, or none was made.
  [[nodiscard]] const std::optional<trouble>& why() const noexcept { return why_; }

  /// Logins and renewals that failed in a row.
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }

  /// When the last of them failed.
  [[nodiscard]] steady_time last_failure() const noexcept { return failed_at_; }

 private:
  std::optional<trouble> why_;
  unsigned failures_ = 0;
  steady_time failed_at_{};
  steady_time not_before_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
