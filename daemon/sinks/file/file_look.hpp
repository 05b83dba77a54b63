#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"

namespace tokensyncd::sinks {

/// To read what somebody else may have put there: no link is followed, nothing blocks.
inline constexpr int read_only_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// The directory of an absolute path.
[[nodiscard]] std::string directory_of(const std::string& path);

/// What is at a place: a regular file, or nothing. Failures: wrong_place for a symbolic link or
/// anything else that isn't a file; what the system refused. `directory` may be AT_FDCWD with a
/// whole path as `name`; `path` is for sentences alone.
[[nodiscard]] result<std::optional<struct stat>> look_at(system_calls& system, int directory,
                                                         const std::string& name,
                                                         const std::string& path);

/// The file as it was found, where it holds exactly `bytes` with the permissions `wanted`, and no
/// access list gives it to others; none where it differs or can't be read (a 0600 file that was
/// given to another owner can't).
[[nodiscard]] std::optional<struct stat> holds(system_calls& system, int directory,
                                               const std::string& name, const permissions& wanted,
                                               std::string_view bytes);

/// Whether new files in a directory get its access list (default ACL, acl(5)).
[[nodiscard]] bool hands_on_acl(const std::string& directory);

/// Whether a file has an access list beside its mode.
[[nodiscard]] bool has_acl(const std::string& file);

}  // namespace tokensyncd::sinks
