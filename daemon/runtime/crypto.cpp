#include "daemon/runtime/crypto.hpp"

#include <algorithm>
#include <stdexcept>

#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "daemon/model/secret.hpp"

namespace tokensyncd {
namespace {

struct mac_deleter {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using mac_ptr = std::unique_ptr<EVP_MAC, mac_deleter>;
using context_ptr = std::unique_ptr<EVP_MAC_CTX, mac_deleter>;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

/// A keyed context that of() starts again: neither algorithm nor key is looked up a second time.
context_ptr make_context(const char* algorithm, std::span<const std::uint8_t> key,
                         const OSSL_PARAM* params) {
  const mac_ptr mac{EVP_MAC_fetch(nullptr, algorithm, nullptr)};
  if (!mac) fail("find a MAC algorithm");
  context_ptr context{EVP_MAC_CTX_new(mac.get())};
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), params) != 1)
    fail("key a MAC");
  return context;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> digest(EVP_MAC_CTX* context, std::string_view message) {
  std::array<std::uint8_t, Size> out;
  std::size_t length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context, bytes, message.size()) != 1 ||
      EVP_MAC_final(context, out.data(), &length, out.size()) != 1 || length != Size) {
    fail("compute a MAC");
  }
  return out;
}

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), out.size(), 0);
    if (got <= 0) throw std::runtime_error("the kernel's random generator does not answer");
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

struct hmac_sha256::state {
  context_ptr context;
};

hmac_sha256::hmac_sha256(std::span<const std::uint8_t> key) : state_(std::make_unique<state>()) {
  char sha256[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                               OSSL_PARAM_construct_end()};
  state_->context = make_context("HMAC", key, params);
}
hmac_sha256::hmac_sha256(hmac_sha256&&) noexcept = default;
hmac_sha256& hmac_sha256::operator=(hmac_sha256&&) noexcept = default;
hmac_sha256::~hmac_sha256() = default;

std::array<std::uint8_t, 32> hmac_sha256::of(std::string_view message) const {
  return digest<32>(state_->context.get(), message);
}

fingerprint fingerprinter::of(std::string_view token) const {
  auto whole = mac_.of(token);
  fingerprint result;
  std::copy_n(whole.begin(), result.bytes.size(), result.bytes.begin());
  wipe(whole.data(), whole.size());
  return result;
}

struct body_hasher::state {
  context_ptr context;
};

body_hasher::body_hasher() : state_(std::make_unique<state>()) {
  std::array<std::uint8_t, 16> key;
  random_bytes(key);
  unsigned int size = 16;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_SIZE, &size),
                               OSSL_PARAM_construct_end()};
  state_->context = make_context("SIPHASH", key, params);
}
body_hasher::body_hasher(body_hasher&&) noexcept = default;
body_hasher& body_hasher::operator=(body_hasher&&) noexcept = default;
body_hasher::~body_hasher() = default;

body_digest body_hasher::of(std::string_view body) const {
  return digest<16>(state_->context.get(), body);
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t taken = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < taken ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k <= taken; ++k) text += alphabet[group >> (18U - 6U * k) & 0x3FU];
  }
  return text;
}

namespace {

/// The value of a letter of base64url's alphabet; 64 for anything else.
std::uint32_t base64url_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '-') return 62;
  return c == '_' ? 63 : 64;
}

}  // namespace

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return {};
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint32_t value = base64url_value(c);
    if (value > 63) return {};
    group = group << 6U | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFFU);
    group &= (1U << bits) - 1U;
  }
  if (group != 0) return {};
  return bytes;
}

bool same_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tokensyncd
