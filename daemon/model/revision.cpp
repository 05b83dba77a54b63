#include "daemon/model/revision.hpp"

#include <cstddef>

namespace tokensyncd {

std::string fingerprint::short_hex() const {
  constexpr std::size_t shown_bytes = 6;
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(shown_bytes * 2);
  for (std::size_t i = 0; i < shown_bytes; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 0xFU];
  }
  return text;
}

}  // namespace tokensyncd
