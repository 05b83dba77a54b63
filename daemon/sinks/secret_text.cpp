#include "daemon/sinks/secret_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t first_capacity = 512;

}  // namespace

secret_text::~secret_text() {
  wipe(bytes_.get(), size_);
}

void secret_text::append(std::string_view text) {
  if (text.size() > capacity_ - size_) {
    const std::size_t wanted = std::max({first_capacity, capacity_ * 2, size_ + text.size()});
    auto larger = std::make_unique<char[]>(wanted);
    std::copy_n(bytes_.get(), size_, larger.get());
    wipe(bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }
  std::ranges::copy(text, bytes_.get() + size_);
  size_ += text.size();
}

void append_json(secret_text& to, std::string_view value) {
  constexpr char digits[] = "0123456789abcdef";
  to.append('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      const std::array<char, 6> escape{
          '\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xFU]};
      to.append({escape.data(), escape.size()});
      continue;
    }
    if (c == '"' || c == '\\') to.append('\\');
    to.append(c);
  }
  to.append('"');
}

void append_json_member(secret_text& to, std::string_view name, std::string_view value) {
  to.append(to.reveal().empty() ? '{' : ',');
  append_json(to, name);
  to.append(':');
  append_json(to, value);
}

}  // namespace tokensyncd::sinks
