#include "daemon/runtime/text.hpp"

#include <cstdint>

namespace tokensyncd {
namespace {

struct decoded {
  char32_t point = 0;
  std::size_t size = 1;
  bool valid = false;
};

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

/// The character at the front, as RFC 3629 allows it; else one byte that isn't valid.
decoded decode(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return {};
    point = point << 6U | (byte_at(text, i) & 0x3FU);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (overlong || surrogate || point > 0x10FFFF) return {};
  return {point, size, true};
}

void append_hex(std::string& out, std::uint32_t value, unsigned digits) {
  constexpr char alphabet[] = "0123456789abcdef";
  for (unsigned left = digits; left > 0; --left) out += alphabet[value >> (4 * (left - 1)) & 0xFU];
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/// Line separators, and marks with which a text can be made to look like another.
bool misleads(char32_t point) {
  return (point >= 0x200E && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

/// The letter of a two-character escape, 0 where there is none.
char short_escape(char32_t point) {
  switch (point) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

/// How many bytes at the front stand for themselves everywhere: nearly all text is only these.
std::size_t plain_bytes(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= 0x20 && text[count] < 0x7F && text[count] != '"' &&
         text[count] != '\\') {
    ++count;
  }
  return count;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_bytes(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const decoded next = decode(text);
    if (!next.valid) {
      out += "\xEF\xBF\xBD";
    } else if (next.point == '"' || next.point == '\\') {
      out += '\\';
      out += text.front();
    } else if (const char letter = short_escape(next.point)) {
      out += '\\';
      out += letter;
    } else if (is_control(next.point)) {
      out += "\\u";
      append_hex(out, next.point, 4);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  out += '"';
}

void append_printable(std::string& out, std::string_view text, std::size_t limit) {
  std::size_t seen = 0;
  while (!text.empty()) {
    const decoded next = decode(text);
    if (seen + next.size > limit) {
      out += "…";
      return;
    }
    if (!next.valid) {
      out += "\\x";
      append_hex(out, byte_at(text, 0), 2);
    } else if (const char letter = short_escape(next.point)) {
      out += '\\';
      out += letter;
    } else if (is_control(next.point)) {
      out += "\\x";
      append_hex(out, next.point, 2);
    } else if (misleads(next.point)) {
      out += "\\u";
      append_hex(out, next.point, 4);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
    seen += next.size;
  }
}

}  // namespace tokensyncd
