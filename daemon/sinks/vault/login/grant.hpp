#pragma once

#include <cstdint>

#include "daemon/model/secret.hpp"
#include "daemon/sinks/vault/login/lease.hpp"

namespace tokensyncd::sinks::vault {

/// What a login gives.
struct grant {
  secret token;
  lease terms;
  /// How many calls may be made with it; 0: any number.
  std::uint64_t uses = 0;
};

}  // namespace tokensyncd::sinks::vault
