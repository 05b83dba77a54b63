#pragma once

#include <chrono>
#include <thread>

namespace tokensyncd::tests {

/// How long anything may take before a test gives up: it bounds failures, no success waits for it.
inline constexpr std::chrono::seconds ceiling{60};

/// Looks again and again until `holds()`; false where it doesn't within the ceiling.
template <class Predicate>
[[nodiscard]] bool eventually(Predicate holds) {
  const auto end = std::chrono::steady_clock::now() + ceiling;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace tokensyncd::tests
