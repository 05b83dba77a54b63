#include "daemon/http/text/path_segment.hpp"

#include <algorithm>

namespace tokensyncd::http {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '~';
}

}  // namespace

void append_segment(std::string& target, std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  const bool dots_are_special = text == "." || text == "..";
  const auto first = std::ranges::find_if_not(text, &is_plain);
  target.append(text.begin(), first);
  text.remove_prefix(static_cast<std::size_t>(first - text.begin()));
  for (const char c : text) {
    if (is_plain(c) || (c == '.' && !dots_are_special)) {
      target += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    target += '%';
    target += digits[byte >> 4U];
    target += digits[byte & 0xFU];
  }
}

}  // namespace tokensyncd::http
