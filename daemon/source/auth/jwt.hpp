#pragma once

#include <chrono>
#include <string_view>

#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::source {

/// A proof is valid this long before and after the moment it was made for: what the API documents,
/// and it bounds the window in a way that it doesn't.
inline constexpr std::chrono::seconds jwt_reach{180};

/// Makes a JWT (RFC 7519; HS256 of RFC 7518) with the claims partner_id, nbf and exp, signed with
/// `key`. `now`: as the server's clock has it.
[[nodiscard]] secret make_jwt(const secret& key, std::string_view partner_id, wall_time now);

}  // namespace tokensyncd::source
