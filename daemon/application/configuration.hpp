#pragma once

#include <filesystem>
#include <utility>

#include "config/loader.hpp"
#include "config/sections/environment_values.hpp"
#include "daemon/application/opening_watch.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd {

/// Looks into this process's environment.
[[nodiscard]] config::environment process_environment();

/// Loads a configuration for a command: warnings go to stderr, one a line. Throws
/// command_failed(bad_config) with all errors, one a line as `file:line:column: sentence`; who
/// prints them puts `tokensyncd: ` before each. What it returns has a value.
[[nodiscard]] config::loaded loaded_or_fail(const std::filesystem::path& file);

/// Loads as loaded_or_fail() does, and returns what `command` makes of the configuration. A
/// command_failed of it shows the names of the environment's variables in the place of their
/// values, as the loader's errors do: a secret may stand where a path or an address belongs.
template <class Command>
auto with_configuration(const std::filesystem::path& file, Command command) {
  config::loaded loaded = loaded_or_fail(file);
  const config::variables hidden = std::move(loaded.from_environment);
  try {
    return command(std::move(*loaded.value));
  } catch (const command_failed& error) {
    throw command_failed(error.code(), config::without_values(error.what(), hidden));
  }
}

/// For a command that is about to use the state by itself, without a daemon. Throws
/// command_failed(busy) where another process does, and command_failed(os_error) where root would
/// make files, the state's and tokens, that the user to whom the state belongs couldn't use
/// afterwards. `limits`: of the wait for the state's disk.
void refuse_to_take_over(const config::configuration& settings, opening_limits limits = {});

}  // namespace tokensyncd
