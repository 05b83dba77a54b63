#pragma once

namespace tokensyncd::sinks::vault {

/// Decides how many calls may be under way at once: 1 to 8, one more after as many successes in a
/// row as there are now, half as many after an overload. More than 8 only make each wait longer: 64
/// took Vault's 99th percentile to a second. Pure.
class concurrency_limiter {
 public:
  static constexpr unsigned widest = 8;

  [[nodiscard]] unsigned width() const noexcept { return width_; }

  /// A call was answered as it should be, a refusal that concerns this call alone included.
  void succeeded() noexcept;

  /// A call met trouble of the server's.
  void failed() noexcept;

 private:
  unsigned width_ = 2;
  unsigned in_a_row_ = 0;
};

}  // namespace tokensyncd::sinks::vault
