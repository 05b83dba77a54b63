#include "config/yaml/encoding.hpp"

#include <cstdint>

#include "daemon/model/utf8.hpp"

namespace tokensyncd::config {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

}  // namespace

std::optional<encoding_error> find_bad_encoding(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return encoding_error{0, "the file is UTF-16; save it as UTF-8"};
  }
  for (std::size_t at = 0; at < text.size();) {
    const code_point next = first_code_point(text.substr(at));
    const std::uint8_t byte = byte_at(text, at);
    if (!next.valid) {
      return encoding_error{at, "this byte is not valid UTF-8; save the file as UTF-8"};
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return encoding_error{
          at, byte == 0 ? "a NUL byte, so this is not a text file; name a YAML file"
                        : "a control character, which is not allowed in a YAML file; remove it"};
    }
    at += next.size;
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
