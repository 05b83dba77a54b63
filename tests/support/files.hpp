#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tokensyncd::tests {

/// Replaces a file's content by a rename, as an editor does. Its mode becomes `mode`.
void write_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0600);

/// A file's bytes; throws where it can't be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// A file's bytes; empty where it can't be read.
[[nodiscard]] std::string read_if_there(const std::filesystem::path& path);

}  // namespace tokensyncd::tests
