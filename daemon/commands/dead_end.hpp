#pragma once

#include <optional>
#include <string>

#include "daemon/model/time.hpp"
#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::commands {

/// Why waiting is in vain, as a sentence: what isn't delivered yet, or wasn't asked for since
/// `started`, waits for a person. None while anything may change by itself, or nothing is left.
[[nodiscard]] std::optional<std::string> dead_end(const sync::status_view& view, wall_time started);

}  // namespace tokensyncd::commands
