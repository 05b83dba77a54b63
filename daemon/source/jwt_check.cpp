#include "daemon/source/jwt_check.hpp"

#include <array>
#include <optional>
#include <string>

#include "daemon/runtime/crypto.hpp"
#include "daemon/source/json_members.hpp"

namespace tokensyncd::source {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t hs256_bytes = 32;
/// 9999-12-31T23:59:59Z: what lies behind it is no time, and could overflow.
constexpr std::int64_t last_second = 253'402'300'799;

/// The parts of `header.claims.signature`.
struct parts {
  std::string_view signed_text;  ///< header.claims, as it was signed
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};

std::optional<parts> split(std::string_view jwt) {
  if (jwt.size() > largest_jwt) return {};
  const auto first = jwt.find('.');
  const auto last = jwt.rfind('.');
  if (first == std::string_view::npos || first == last) return {};
  const parts found{jwt.substr(0, last), jwt.substr(0, first),
                    jwt.substr(first + 1, last - first - 1), jwt.substr(last + 1)};
  if (found.claims.find('.') != std::string_view::npos) return {};
  return found;
}

bool is_signed(const parts& jwt, std::span<const secret* const> keys) {
  const auto signature = decode_base64url(jwt.signature);
  if (!signature || signature->size() != hs256_bytes) return false;
  bool right = false;
  for (const secret* key : keys) {
    if (key->empty()) continue;
    const auto text = key->reveal();
    const hmac_sha256 mac{{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
    auto wanted = mac.of(jwt.signed_text);
    // Every key is tried, whichever fits.
    const bool fits = same_in_constant_time(
        *signature, {reinterpret_cast<const char*>(wanted.data()), wanted.size()});
    right = fits || right;
    wipe(wanted.data(), wanted.size());
  }
  return right;
}

bool is_text(const member& found, std::string_view wanted) {
  return found.is == member::type::text && found.text == wanted;
}

bool is_header(std::string_view encoded) {
  static constexpr std::array<std::string_view, 2> names{"alg", "typ"};
  const auto text = decode_base64url(encoded);
  json_members header{names};
  return text && header.read(*text) && header.others() == 0 && is_text(header[0], "HS256") &&
         is_text(header[1], "JWT");
}

bool is_time(const member& found) {
  return found.is == member::type::integer && found.number >= 0 && found.number <= last_second;
}

}  // namespace

jwt_verdict check_jwt(std::string_view jwt, std::span<const secret* const> keys,
                      std::string_view partner_id, wall_time now) {
  static constexpr std::array<std::string_view, 3> names{"partner_id", "nbf", "exp"};
  const auto found = split(jwt);
  if (!found || !is_signed(*found, keys) || !is_header(found->header)) return jwt_verdict::forged;

  const auto text = decode_base64url(found->claims);
  json_members claims{names};
  if (!text || !claims.read(*text)) return jwt_verdict::forged;
  if (!is_text(claims[0], partner_id) || !is_time(claims[1]) || !is_time(claims[2]))
    return jwt_verdict::forged;

  const sys_seconds not_before{seconds{claims[1].number}};
  const sys_seconds expires{seconds{claims[2].number}};
  if (expires <= not_before) return jwt_verdict::forged;
  const bool valid = now >= not_before - jwt_leeway && now < expires + jwt_leeway;
  return valid ? jwt_verdict::good : jwt_verdict::expired;
}

}  // namespace tokensyncd::source
