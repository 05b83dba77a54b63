#pragma once

#include <string_view>

#include "daemon/source/received.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::source {

/// What an answer of the Public API says about the token that asked: a 2xx in JSON that it works,
/// a 401 that it doesn't. All else can't tell: a 403 is a quota, a plan or the CDN in front.
/// Nothing of the answer is quoted.
[[nodiscard]] sync::verification read_verification(const received& answer,
                                                   std::string_view workspace);

}  // namespace tokensyncd::source
