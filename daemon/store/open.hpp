#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// A store that is ready, with what it keeps for the whole program.
struct opened {
  std::unique_ptr<sync::store> state;
  installation_key key{};
  /// A sentence for the operator, where a damaged file was moved aside and a fresh one made.
  std::optional<std::string> notice{};
};

/// Opens the state in an SQLite file, making it where there is none, and keeps every other process
/// out until the store is destroyed. Blocks; for start, before the loop runs. Failures:
/// missing_place (no directory), busy (another process holds it; names its pid), invalid (written
/// by a newer major version, or not by this program), no_space, no_permission, wrong_place,
/// io_error. A damaged file is none: it is moved to `<file>.damaged-<time>`.
[[nodiscard]] result<opened> open_sqlite(const std::filesystem::path& file, wall_time now);

/// A store that forgets everything with the process, with a key of its own.
[[nodiscard]] opened make_memory_store();

}  // namespace tokensyncd::store
