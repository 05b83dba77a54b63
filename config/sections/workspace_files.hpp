#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::config {

/// Stamps of the files that these patterns name, pattern by pattern, sorted within each. Wildcards
/// (`*`, `?`, `[a-z]`) stand in the file's name alone, which is why one directory a pattern is all
/// that has to be watched. Names that begin with a dot need a dot in the pattern. Nothing where
/// nothing fits or the directory isn't there. Reads no file. Blocks.
[[nodiscard]] std::vector<file_stamp> stamps_of(std::span<const std::string> patterns);

/// Whether the directory of a pattern has a wildcard, which isn't supported.
[[nodiscard]] bool has_wildcard_directory(const std::filesystem::path& pattern);

}  // namespace tokensyncd::config
