#pragma once

#include <filesystem>
#include <optional>

#include "daemon/runtime/crypto.hpp"
#include "daemon/store/database.hpp"

namespace tokensyncd::store {

/// Makes an open file a state of this version: creates what an empty one lacks, with `key`, or
/// a fresh one where there is none; checks any other for damage. Returns the installation's key.
/// Throws database_error: `damaged`; `invalid` for a newer major version or another program's
/// database; or what the disk refused.
[[nodiscard]] installation_key prepare(database& in, const std::filesystem::path& file,
                                       const std::optional<installation_key>& key);

}  // namespace tokensyncd::store
