#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::source {

/// By how much the vendor's clock and ours may differ.
inline constexpr std::chrono::seconds jwt_leeway{60};

/// More than the vendor's could ever need.
inline constexpr std::size_t largest_jwt = 4096;

/// What a JWT is worth, or the first reason why it is worth nothing.
enum class jwt_status : std::uint8_t {
  good,
  not_signed,     ///< it isn't there, or is no JWT
  bad_signature,  ///< it isn't signed with any of the keys
  bad_header,     ///< another algorithm than HS256, `crit` or `b64`, or no header that can be read
  bad_claims,     ///< a claim is missing, there twice, or not what it should be
  wrong_partner,  ///< it is for another partner
  not_yet_valid,  ///< nbf lies in the future
  expired,        ///< exp lies in the past
};

/// Checks a JWT (RFC 7519) in the compact serialization of RFC 7515, section 3.1, against any of
/// `keys`. Its header is one JSON object with "alg":"HS256" and without `crit` (RFC 7515, section
/// 4.1.11) and `b64` (RFC 7797), which change what the rest means; other members such as typ, cty
/// and kid are not looked at. It has the claims partner_id (text, the same as `partner_id`), nbf
/// and exp (any finite number, RFC 7519, section 2; exp after nbf); no claim is there twice, and
/// others are not looked at. `now` is by our own clock. The signature is compared in constant
/// time, and no claim is parsed before it is right. Where it is wrong the header is read, only to
/// tell another algorithm from another key. Pure.
[[nodiscard]] jwt_status check_jwt(std::string_view jwt, std::span<const secret* const> keys,
                                   std::string_view partner_id, wall_time now);

}  // namespace tokensyncd::source
