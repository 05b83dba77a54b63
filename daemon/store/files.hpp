#pragma once

#include <filesystem>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::store {

/// What an errno means for the state: its kind, and a sentence of `file`, what was `attempted`
/// (e.g. "be opened") and the next step.
[[nodiscard]] failure file_failure(const std::filesystem::path& file, std::string_view attempted,
                                   int error);

/// Makes sure that `file` is a regular file of this program's alone (0600), creating it empty where
/// it is missing. Never wider, not even for a moment. Failures: those of file_failure, wrong_place.
[[nodiscard]] result<void> claim_file(const std::filesystem::path& file);

/// What would keep open_sqlite() from using `file`, without making or locking anything; what it
/// holds isn't looked at. Failures: those of claim_file.
[[nodiscard]] result<void> look_at_file(const std::filesystem::path& file);

/// Renames a damaged `file`, with its -wal and -shm, to `<file>.damaged-<now>`, never over another
/// one. Returns the new name.
[[nodiscard]] result<std::filesystem::path> move_aside(const std::filesystem::path& file,
                                                       wall_time now);

/// Makes names in the directory of `file` survive a power cut.
[[nodiscard]] result<void> sync_directory_of(const std::filesystem::path& file);

}  // namespace tokensyncd::store
