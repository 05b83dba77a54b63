#pragma once

#include <filesystem>

namespace tokensyncd {

/// The errno with which the kernel would keep this process (by its effective ids and capabilities)
/// from making, replacing and removing files in `directory`; 0 where it wouldn't. Only looks.
/// Blocks.
[[nodiscard]] int refusal_in_directory(const std::filesystem::path& directory) noexcept;

/// The same for writing `file`: what is there, or where nothing is, a new one.
[[nodiscard]] int refusal_to_write(const std::filesystem::path& file);

/// Whether this process has a capability, e.g. CAP_CHOWN of <linux/capability.h>, in force.
[[nodiscard]] bool has_capability(int capability) noexcept;

/// The directory that `file` is in; `.` for a bare name.
[[nodiscard]] std::filesystem::path directory_of(const std::filesystem::path& file);

}  // namespace tokensyncd
