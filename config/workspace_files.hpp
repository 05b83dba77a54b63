#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tokensyncd::config {

/// The files that a pattern of `workspace_files` names, sorted; wildcards (`*`, `?`, `[a-z]`) stand
/// in the file's name alone, which is why one directory is all that has to be watched. Names that
/// begin with a dot need a dot in the pattern. Empty where nothing fits or the directory isn't
/// there.
[[nodiscard]] std::vector<std::filesystem::path> matching_files(
    const std::filesystem::path& pattern);

/// Whether the directory of a pattern has a wildcard, which isn't supported.
[[nodiscard]] bool has_wildcard_directory(const std::filesystem::path& pattern);

}  // namespace tokensyncd::config
