#pragma once

#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::commands {

/// Leaves only the workspaces asked for; all of them where none is. Throws command_failed(usage)
/// where one isn't configured.
void narrow(config::configuration& settings, const std::vector<std::string>& only);

}  // namespace tokensyncd::commands
