#pragma once

#include "daemon/model/secret.hpp"

namespace tokensyncd::source {

/// `Bearer …`, the value of an Authorization header.
[[nodiscard]] secret bearer(const secret& token);

}  // namespace tokensyncd::source
