#pragma once

#include <cstdint>
#include <memory>

namespace tokensyncd {

/// Chance, for jitter and backoff; passed in, so that tests repeat. Not for keys or file names:
/// those come from random_bytes(). For the loop's thread.
class random_source {
 public:
  virtual ~random_source() = default;

  /// 64 fresh bits.
  virtual std::uint64_t bits() = 0;

  /// Evenly from [0, 1).
  double fraction() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
};

/// Chance that is another in each process.
[[nodiscard]] std::unique_ptr<random_source> make_rng();

}  // namespace tokensyncd
