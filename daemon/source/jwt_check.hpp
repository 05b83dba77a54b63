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

/// What a JWT is worth.
enum class jwt_verdict : std::uint8_t {
  good,
  forged,   ///< nothing of it is to be believed
  expired,  ///< made with our key and for us, but isn't valid now
};

/// Checks a JWT (RFC 7519) in the compact serialization of RFC 7515, section 3.1, against any of
/// `keys`. Its header is {"alg":"HS256","typ":"JWT"} and nothing else, in any writing of the same
/// JSON: no other algorithm, no `none`, no `crit`. It has the claims partner_id (text, the same as
/// `partner_id`), nbf and exp (integers, as far apart as the vendor likes), none of them twice;
/// others are not looked at. `now` is by our own clock. The signature is compared in constant time,
/// and nothing is parsed before it is right. Pure.
[[nodiscard]] jwt_verdict check_jwt(std::string_view jwt, std::span<const secret* const> keys,
                                    std::string_view partner_id, wall_time now);

}  // namespace tokensyncd::source
