#pragma once

#include <chrono>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// When to prove that a login would still work, while the token in use is good. A server tells
/// nobody that a secret id was destroyed, and tokens that it gave live on. A refused proof isn't
/// repeated, because wrong logins lock the role out: the second and last try is left for the time
/// when a token is needed (login_tries). Pure: time is passed in.
class login_proof {
 public:
  /// `interval`: 0 for never.
  explicit login_proof(std::chrono::milliseconds interval) noexcept : interval_(interval) {}

  /// When the next proof is due; steady_time::max() for never.
  [[nodiscard]] steady_time next() const noexcept { return next_; }

  /// A login of any kind worked, or no answer said whether it would: the next proof is due one
  /// interval later, up to a tenth earlier by `jitter` from [0, 1). `at_least`: the shortest time
  /// until then, for tokens of proofs that stay behind on the server.
  void passed(steady_time now, double jitter,
              std::chrono::milliseconds at_least = std::chrono::milliseconds{0}) noexcept;

  /// The server refused a login: no proof until one works.
  void refused() noexcept { next_ = steady_time::max(); }

  /// An operator may have put right what was refused.
  void ask_anew(steady_time now) noexcept;

 private:
  std::chrono::milliseconds interval_;
  steady_time next_ = steady_time::max();
};

}  // namespace tokensyncd::sinks::vault
