#pragma once

#include <cstdint>
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

/// Renames `file`, with its -wal and -shm, to `<file>.<why>-<now>` (`why`: damaged, replaced),
/// never over another one. Nobody else may do so at the same time: the caller holds the state's
/// lock. Returns the new name.
[[nodiscard]] result<std::filesystem::path> move_aside(const std::filesystem::path& file,
                                                       std::string_view why, wall_time now);

/// Which file a name leads to, and its size; all 0 where there is none.
struct file_facts {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;

  [[nodiscard]] bool is_there() const noexcept { return inode != 0; }
  friend bool operator==(const file_facts&, const file_facts&) = default;
};
[[nodiscard]] file_facts facts_of(const std::filesystem::path& file) noexcept;

/// Makes names in the directory of `file` survive a power cut.
[[nodiscard]] result<void> sync_directory_of(const std::filesystem::path& file);

}  // namespace tokensyncd::store
