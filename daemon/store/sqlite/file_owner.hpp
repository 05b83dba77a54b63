#pragma once

#include <filesystem>

#include "daemon/model/failure.hpp"

namespace tokensyncd::store {

/// Whether the state may be kept in `file`: it isn't there, is empty, or is a state of ours, maybe
/// a damaged one. Opens it for reading alone and changes nothing. Failure: invalid, where it is
/// another program's file. A file that can't be read passes: opening it says why. Blocks.
///
/// Ours is what has our application_id in SQLite's header (sqlite.org/fileformat.html, 1.3), or a
/// database without tables, which a kill before the first checkpoint leaves. What doesn't begin as
/// a database is ours where it begins with zeros, or where a lock file of the state lies beside it.
[[nodiscard]] result<void> look_whose(const std::filesystem::path& file);

}  // namespace tokensyncd::store
