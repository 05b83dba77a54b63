#pragma once

#include <filesystem>

#include "config/loader.hpp"
#include "daemon/opening_watch.hpp"

namespace tokensyncd {

/// Looks into this process's environment.
[[nodiscard]] config::environment process_environment();

/// Loads a configuration for a command: warnings go to stderr, one a line. Throws
/// command_failed(bad_config) with all errors, one a line as `file:line:column: sentence`; who
/// prints them puts `tokensyncd: ` before each. What it returns has a value.
[[nodiscard]] config::loaded loaded_or_fail(const std::filesystem::path& file);

/// As loaded_or_fail(), for who wants the configuration alone.
[[nodiscard]] config::configuration load_or_fail(const std::filesystem::path& file);

/// For a command that is about to use the state by itself, without a daemon. Throws
/// command_failed(busy) where another process does, and command_failed(os_error) where root would
/// make files, the state's and tokens, that the user to whom the state belongs couldn't use
/// afterwards. `limits`: of the wait for the state's disk.
void refuse_to_take_over(const config::configuration& settings, opening_limits limits = {});

}  // namespace tokensyncd
