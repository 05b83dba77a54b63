#pragma once

#include <string>

#include "daemon/model/failure.hpp"

namespace tokensyncd::sinks {

/// The step at which a write ended; the same errno means different things.
enum class file_step { open_directory, look, create, write, set_owner, set_mode, sync, rename };

/// What an errno at a step means for `path`: its kind, and a sentence with the remedy.
[[nodiscard]] failure file_failure(const std::string& path, file_step step, int error);

/// What can't be replaced by a rename, found at `path`.
[[nodiscard]] failure symlink_failure(const std::string& path);
[[nodiscard]] failure not_a_file_failure(const std::string& path);
[[nodiscard]] failure mount_point_failure(const std::string& path);
[[nodiscard]] failure no_permissions_kept_failure(const std::string& path);

}  // namespace tokensyncd::sinks
