#pragma once

#include <filesystem>

#include "config/loader.hpp"

namespace tokensyncd {

/// Looks into this process's environment.
[[nodiscard]] config::environment process_environment();

/// Loads a configuration for a command: warnings go to stderr, one a line. Throws
/// command_failed(bad_config) with all errors, one a line as `file:line:column: sentence`; who
/// prints them puts `tokensyncd: ` before each.
[[nodiscard]] config::configuration load_or_fail(const std::filesystem::path& file);

}  // namespace tokensyncd
