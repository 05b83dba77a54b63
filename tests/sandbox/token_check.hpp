#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/sandbox/settings.hpp"

namespace tokensyncd::sandbox {

/// Checks the JWT of the Partner API as the vendor documents it. The last one that was decoded is
/// remembered, as a client sends the same for minutes.
class token_check {
 public:
  /// `authorization`, `partner`: the two headers' values; `now`: server's Unix seconds. The error
  /// code, or an empty string where the caller is who it says.
  [[nodiscard]] std::string check(std::string_view authorization, std::string_view partner,
                                  const settings& rules, std::int64_t now);

 private:
  struct decoded {
    std::string jwt;
    std::string secret;  ///< by which the signature was verified
    std::string previous_secret;
    std::string error;  ///< of what doesn't depend on the time
    std::string partner_id;
    std::int64_t nbf = 0;
    std::int64_t exp = 0;
  };
  static decoded decode(std::string_view jwt, const settings& rules);

  decoded last_;
};

}  // namespace tokensyncd::sandbox
