#pragma once

#include <algorithm>
#include <chrono>

namespace tokensyncd {

/// `whole`, or up to a quarter less: tasks that failed together then don't return together.
/// `jitter`: a random number from [0, 1).
[[nodiscard]] constexpr std::chrono::milliseconds with_jitter(std::chrono::milliseconds whole,
                                                              double jitter) noexcept {
  const std::chrono::duration<double, std::milli> spread = whole * (0.75 + jitter / 4);
  return std::chrono::ceil<std::chrono::milliseconds>(spread);
}

/// Exponential backoff: how long to wait after the first, second, third failure in a row. Pure.
struct backoff {
  std::chrono::milliseconds first;  ///< after one failure; doubles with each further one
  std::chrono::milliseconds most;   ///< the limit

  /// After so many failures in a row; 0 ms after none.
  [[nodiscard]] constexpr std::chrono::milliseconds after(unsigned failures) const noexcept {
    if (failures == 0) return std::chrono::milliseconds{0};
    std::chrono::milliseconds pause = std::min(first, most);
    for (unsigned i = 1; i != failures && pause < most; ++i) pause = std::min(pause * 2, most);
    return pause;
  }

  /// The same with_jitter().
  [[nodiscard]] constexpr std::chrono::milliseconds after(unsigned failures,
                                                          double jitter) const noexcept {
    return with_jitter(after(failures), jitter);
  }
};

}  // namespace tokensyncd
