#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"

namespace tokensyncd::sinks {

/// What is known, without trying, to keep files in `directory` from being renamed or removed,
/// though they can be made there: an append-only or immutable directory (ioctl_iflags(2)), or a
/// sticky one of another user, for a file that is given away or that is another's. Where nothing is
/// known a file system may still refuse. `path` is the place, `present` what stands there. Only
/// looks.
[[nodiscard]] std::optional<failure> rename_refusal(const std::string& path, int directory,
                                                    const permissions& wanted,
                                                    const std::optional<struct stat>& present);

}  // namespace tokensyncd::sinks
