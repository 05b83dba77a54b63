#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "daemon/runtime/crypto.hpp"
#include "daemon/store/sqlite/database.hpp"

namespace tokensyncd::store {

/// "TSYD", in the header of a state file (SQLite's application_id).
constexpr std::uint32_t state_application_id = 0x54535944;

/// Makes an open file a state of this version: creates what an empty one lacks, with `key`, or
/// a fresh one where there is none; checks any other for damage. Returns the installation's key.
/// Throws database_error: `damaged`; `invalid` for a newer major version or another program's
/// database; or what the disk refused.
[[nodiscard]] installation_key prepare(database& in, const std::filesystem::path& file,
                                       const std::optional<installation_key>& key);

}  // namespace tokensyncd::store
