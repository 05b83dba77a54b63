#include "daemon/runtime/text.hpp"

#include <cstdint>

#include "daemon/model/utf8.hpp"

namespace tokensyncd {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

void append_hex(std::string& out, std::uint32_t value, unsigned digits) {
  constexpr char alphabet[] = "0123456789abcdef";
  for (unsigned left = digits; left > 0; --left) out += alphabet[value >> (4 * (left - 1)) & 0xFU];
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
    const code_point next = first_code_point(text);
    if (!next.valid) {
      out += "\xEF\xBF\xBD";
    } else if (next.value == '"' || next.value == '\\') {
      out += '\\';
      out += text.front();
    } else if (const char letter = short_escape(next.value)) {
      out += '\\';
      out += letter;
    } else if (is_control(next.value)) {
      out += "\\u";
      append_hex(out, next.value, 4);
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
    const code_point next = first_code_point(text);
    if (seen + next.size > limit) {
      out += "…";
      return;
    }
    if (!next.valid) {
      out += "\\x";
      append_hex(out, byte_at(text, 0), 2);
    } else if (const char letter = short_escape(next.value)) {
      out += '\\';
      out += letter;
    } else if (is_control(next.value)) {
      out += "\\x";
      append_hex(out, next.value, 2);
    } else if (misleads(next.value)) {
      out += "\\u";
      append_hex(out, next.value, 4);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
    seen += next.size;
  }
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string shown;
  append_printable(shown, text, limit);
  return shown;
}

}  // namespace tokensyncd
