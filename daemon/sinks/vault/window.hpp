#pragma once

#include <chrono>
#include <optional>

#include "daemon/model/time.hpp"
#include "daemon/sinks/vault/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Decides how many calls may be under way at once, and when none may: 1 to 8, one more after as
/// many successes in a row as there are now, half as many after an overload. More than 8 only make
/// each wait longer: 64 took Vault's 99th percentile to a second. Pure: time is passed in.
class window {
 public:
  static constexpr unsigned widest = 8;

  [[nodiscard]] unsigned width() const noexcept { return width_; }

  /// When calls may be made again; in the past where they may now.
  [[nodiscard]] steady_time closed_until() const noexcept { return closed_until_; }

  /// A call was answered as it should be, a refusal that concerns this call alone included.
  void succeeded() noexcept;

  /// A call met trouble of the server's. A quota closes the window for as long as Vault says, 10
  /// min at most; where it doesn't say (nothing, 0 or less) for 1 s, doubling to 60 s.
  void failed(const trouble& what, steady_time now) noexcept;

 private:
  unsigned width_ = 2;
  unsigned in_a_row_ = 0;
  unsigned quotas_in_a_row_ = 0;
  steady_time closed_until_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
