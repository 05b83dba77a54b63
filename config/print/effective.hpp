#pragma once

#include <cstddef>
#include <string>

#include "config/sections/environment_values.hpp"
#include "config/values.hpp"

namespace tokensyncd::config {

/// The configuration as it is after defaults, files and the environment, as YAML that loads again
/// where nothing is left out. Secrets aren't in it, only the names of their files, and what came
/// from the environment is shown as `${NAME}`. At most `most_workspaces` are listed; a comment
/// counts the others. Pure.
[[nodiscard]] std::string effective_yaml(const configuration& all, std::size_t most_workspaces,
                                         const variables& from_environment = {});

}  // namespace tokensyncd::config
