#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tokensyncd {

/// `words` with `between` after each but the last.
[[nodiscard]] inline std::string joined(const std::vector<std::string>& words,
                                        std::string_view between = ", ") {
  std::string text;
  for (const auto& each : words) {
    if (!text.empty()) {
      text += between;
    }
    text += each;
  }
  return text;
}

}  // namespace tokensyncd
