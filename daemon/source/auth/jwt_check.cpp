#include "daemon/source/auth/jwt_check.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "daemon/runtime/crypto.hpp"
#include "daemon/source/json_members.hpp"

namespace tokensyncd::source {
namespace {

constexpr std::size_t hs256_bytes = 32;

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

enum class header_is : std::uint8_t { right, wrong, unreadable };

header_is judge_header(std::string_view encoded) {
  enum name : std::size_t { alg, crit, b64 };
  static constexpr std::array<std::string_view, 3> names{"alg", "crit", "b64"};
  const auto text = decode_base64url(encoded);
  json_members header{names};
  if (!text || !header.read(*text)) return header_is::unreadable;
  const bool is_plain = header[crit].is == member::type::absent &&  //
                        header[b64].is == member::type::absent;
  return is_plain && is_text(header[alg], "HS256") ? header_is::right : header_is::wrong;
}

/// Why a JWT isn't signed with any of our keys.
jwt_status why_not_signed(std::string_view header) {
  switch (judge_header(header)) {
    case header_is::right:
      return jwt_status::bad_signature;
    case header_is::wrong:
      return jwt_status::bad_header;
    case header_is::unreadable:
      break;
  }
  return jwt_status::not_signed;
}

/// A NumericDate: seconds since 1970, with a fraction or without.
bool is_time(const member& found) {
  return (found.is == member::type::integer || found.is == member::type::real) &&
         std::isfinite(found.number);
}

jwt_status check_claims(std::string_view encoded, std::string_view partner_id, wall_time now) {
  enum name : std::size_t { partner, nbf, exp };
  static constexpr std::array<std::string_view, 3> names{"partner_id", "nbf", "exp"};
  const auto text = decode_base64url(encoded);
  json_members claims{names};
  if (!text || !claims.read(*text)) return jwt_status::bad_claims;
  if (claims[partner].is != member::type::text || !is_time(claims[nbf]) || !is_time(claims[exp]) ||
      claims[exp].number <= claims[nbf].number) {
    return jwt_status::bad_claims;
  }
  if (claims[partner].text != partner_id) return jwt_status::wrong_partner;

  using seconds = std::chrono::duration<double>;
  const seconds moment = now.time_since_epoch();
  if (moment < seconds{claims[nbf].number} - jwt_leeway) return jwt_status::not_yet_valid;
  if (moment >= seconds{claims[exp].number} + jwt_leeway) return jwt_status::expired;
  return jwt_status::good;
}

}  // namespace

jwt_status check_jwt(std::string_view jwt, std::span<const secret* const> keys,
                     std::string_view partner_id, wall_time now) {
  const auto found = split(jwt);
  if (!found) return jwt_status::not_signed;
  if (!is_signed(*found, keys)) return why_not_signed(found->header);
  if (judge_header(found->header) != header_is::right) return jwt_status::bad_header;
  return check_claims(found->claims, partner_id, now);
}

}  // namespace tokensyncd::source
