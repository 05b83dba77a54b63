#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/model/revision.hpp"

namespace tokensyncd {

/// Key of an installation: 32 random bytes, made once and kept in the state.
using installation_key = std::array<std::uint8_t, 32>;

/// Fills `out` from the kernel's generator. Throws std::runtime_error when there is none.
void random_bytes(std::span<std::uint8_t> out);

/// HMAC-SHA256 (RFC 2104) under a fixed key; the key schedule is made once. For the loop's thread.
class hmac_sha256 {
 public:
  explicit hmac_sha256(std::span<const std::uint8_t> key);
  hmac_sha256(hmac_sha256&&) noexcept;
  hmac_sha256& operator=(hmac_sha256&&) noexcept;
  ~hmac_sha256();

  [[nodiscard]] std::array<std::uint8_t, 32> of(std::string_view message) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Makes fingerprints of tokens under the installation's key. For the loop's thread.
class fingerprinter {
 public:
  explicit fingerprinter(const installation_key& key) : mac_(key) {}
  [[nodiscard]] fingerprint of(std::string_view token) const;

 private:
  hmac_sha256 mac_;
};

/// A keyed 128-bit digest of an answer's bytes (SipHash-2-4-128), quick enough for each check.
using body_digest = std::array<std::uint8_t, 16>;

/// Digests under a key of this process's own, never stored. For the loop's thread.
class body_hasher {
 public:
  body_hasher();
  body_hasher(body_hasher&&) noexcept;
  body_hasher& operator=(body_hasher&&) noexcept;
  ~body_hasher();

  [[nodiscard]] body_digest of(std::string_view body) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// base64url without padding (RFC 4648, section 5).
[[nodiscard]] std::string base64url(std::span<const std::uint8_t> bytes);

/// Reads base64url without padding, strictly: no other letters, no line ends, no length that can't
/// be, and the bits that no byte uses are zero (RFC 4648, section 3.5). None for anything else.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

/// Whether two texts are the same, in a time that depends on their lengths alone.
[[nodiscard]] bool same_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace tokensyncd
