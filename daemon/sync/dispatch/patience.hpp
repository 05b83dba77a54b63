#pragma once

#include <algorithm>
#include <chrono>

namespace tokensyncd::sync {

/// For how long an answer is waited for while others wait for the connection: four times what
/// answers take, at least 250 ms, and 1 s before the first one. Pure.
class patience {
 public:
  [[nodiscard]] std::chrono::milliseconds now() const {
    return std::max(least, std::chrono::ceil<std::chrono::milliseconds>(4 * usual_));
  }

  /// An answer took so long. Slower ones raise the patience by steps, so that a single one of them
  /// doesn't let everybody wait; faster ones lower it.
  void answered(std::chrono::nanoseconds took) {
    usual_ = took > usual_ ? std::min(took, 4 * usual_) : std::max(took, usual_ - usual_ / 10);
  }

 private:
  static constexpr std::chrono::milliseconds least{250};
  std::chrono::nanoseconds usual_ = std::chrono::milliseconds{250};
};

}  // namespace tokensyncd::sync
