#include "daemon/sinks/writer_identity.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace tokensyncd::sinks {
namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

std::string random_hex() {
  std::array<std::uint8_t, 8> bytes{};
  random_bytes(bytes);
  return hex(bytes);
}

}  // namespace

writer_identity::writer_identity(const installation_key& key) {
  const auto digest = hmac_sha256{key}.of("names of temporary files");
  installation_prefix_ = ".tokensyncd-" + hex(std::span{digest}.first<8>()) + "-";
  run_prefix_ = installation_prefix_ + random_hex() + "-";
}

std::string writer_identity::temporary_name() const {
  return run_prefix_ + random_hex();
}

bool writer_identity::is_stale_temp_file(std::string_view name) const noexcept {
  // A run's and a temporary's own random part have the same length.
  const std::size_t length =
      run_prefix_.size() + run_prefix_.size() - installation_prefix_.size() - 1;
  return name.size() == length && name.starts_with(installation_prefix_) &&
         !name.starts_with(run_prefix_);
}

}  // namespace tokensyncd::sinks
