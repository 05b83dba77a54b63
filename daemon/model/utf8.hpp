#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokensyncd {

/// What stands at the front of a text.
struct code_point {
  char32_t value = 0;
  std::size_t size = 1;  ///< bytes; 1 where they aren't UTF-8
  bool valid = false;
};

/// Decodes the first character of `text`, which isn't empty, as RFC 3629 allows it: no overlong
/// form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] constexpr code_point first_code_point(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t value = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, size, true};
}

/// Controls of ASCII and of the C1 range, and DEL.
[[nodiscard]] constexpr bool is_control(char32_t value) noexcept {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F);
}

}  // namespace tokensyncd
