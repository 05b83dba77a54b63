#include "config/yaml/encoding.hpp"

#include <cstdint>

namespace tokensyncd::config {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

/// Length of the sequence at `at`, 0 where it is none (RFC 3629, section 4).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const std::uint8_t first = byte_at(text, at);
  const std::uint8_t second = byte_at(text, at + 1);
  const auto continues = [&](std::size_t offset) {
    return (byte_at(text, at + offset) & 0xC0U) == 0x80U;
  };
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    return !overlong && !surrogate && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_high = first == 0xF4 && second >= 0x90;
    return !overlong && !too_high && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<encoding_error> find_bad_encoding(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return encoding_error{0, "the file is UTF-16; save it as UTF-8"};
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const std::uint8_t byte = byte_at(text, at);
    if (length == 0) {
      return encoding_error{at, "this isn't UTF-8; save the file as UTF-8"};
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return encoding_error{at, byte == 0 ? "a NUL byte; this is no text file"
                                          : "a control character, which no text file should hold"};
    }
    at += length;
  }
  return std::nullopt;
}

bool has_control_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint8_t byte = byte_at(text, at);
    const bool c1 = byte == 0xC2 && byte_at(text, at + 1) >= 0x80 && byte_at(text, at + 1) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) {
      return true;
    }
  }
  return false;
}

}  // namespace tokensyncd::config
