#include "tests/support/canary.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "tests/support/files.hpp"

namespace tokensyncd::tests {
namespace {

std::string base64(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    group = group << 8U | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[group >> (bits - 6) & 0x3FU];
  }
  return out;  // the last, incomplete digit depends on what follows
}

/// Of the digits when `shift` bytes stand before it, those that depend on the secret alone.
std::string base64_inside(std::string_view secret, std::size_t shift, std::string_view alphabet) {
  const auto digits = base64(std::string(shift, '\0').append(secret), alphabet);
  return digits.substr((shift * 8 + 5) / 6);
}

std::string escaped(std::string_view secret, const char* format, auto stays) {
  std::string out;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    if (stays(byte)) {
      out += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += format;
    out += digits[byte >> 4U];
    out += digits[byte & 0xFU];
  }
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string with_backslashes(std::string_view secret, std::string_view before) {
  std::string out;
  for (const char c : secret) {
    if (before.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

canary::canary(std::string name, std::string_view secret) : name_(std::move(name)) {
  if (secret.size() < 12) throw std::invalid_argument("too short for a canary");
  forms_["plain"] = secret;
  constexpr std::string_view standard =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view url =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const auto at = " at " + std::to_string(shift);
    forms_["base64" + at] = base64_inside(secret, shift, standard);
    forms_["base64url" + at] = base64_inside(secret, shift, url);
  }
  const auto nothing = [](unsigned char) { return false; };
  forms_["HEX"] = escaped(secret, "", nothing);
  forms_["hex"] = lower(forms_["HEX"]);
  forms_["URL"] = escaped(secret, "%", is_unreserved);
  const auto ascii = [](unsigned char c) { return c < 0x80; };
  forms_["URL, path"] = escaped(secret, "%", [](unsigned char c) {
    return is_unreserved(c) || c == '/' || c == '+' || c == '&' || c == '=';
  });
  forms_["JSON"] = with_backslashes(secret, "\"\\");
  forms_["JSON with solidus"] = with_backslashes(secret, "\"\\/");
  forms_["JSON, all as escapes"] = lower(escaped(secret, "\\u00", nothing));
  forms_["escaped bytes"] = lower(escaped(secret, "\\x", ascii));
}

std::vector<std::string> canary::found_in(std::string_view bytes, std::string_view where) const {
  std::vector<std::string> out;
  for (const auto& [form, text] : forms_)
    if (bytes.find(text) != std::string_view::npos)
      out.push_back(name_ + " as " + form + " in " + std::string(where));
  return out;
}

std::vector<std::string> canary::found_below(
    const std::filesystem::path& directory,
    const std::vector<std::filesystem::path>& allowed) const {
  std::vector<std::string> out;
  const auto note = [&](std::vector<std::string> more) {
    out.insert(out.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const auto path = entry.path().string();
    note(found_in(path, "the name of " + path));
    const bool is_allowed =
        std::find(allowed.begin(), allowed.end(), entry.path()) != allowed.end();
    if (entry.is_regular_file() && !is_allowed) note(found_in(read_if_there(path), path));
  }
  return out;
}

std::vector<std::string> canary::found_in_process(pid_t id) const {
  const auto root = "/proc/" + std::to_string(id);
  auto out = found_in(read_file(root + "/cmdline"), root + "/cmdline");
  const auto more = found_in(read_file(root + "/environ"), root + "/environ");
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string canary_token(unsigned number) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "tla_c4n4ry>?/\"\\+& %06u\xC3\xA9~canary", number);
  return out.data();
}

}  // namespace tokensyncd::tests
