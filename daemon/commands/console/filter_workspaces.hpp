#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/commands/console/control_client.hpp"

namespace tokensyncd::commands {

/// Leaves only the workspaces asked for; all of them where none is. Throws command_failed(usage)
/// where one isn't configured.
void filter_workspaces(config::configuration& settings, const std::vector<std::string>& only);

/// The same question to a daemon that runs, whose configuration may be an older one.
void check_ids(const control_client& daemon, const std::vector<std::string>& workspaces);

/// What to ask the daemon for at `path` to hear of `ids`, as the ids stand in the address and only
/// some fit into one: `path` alone for all, nothing for no id.
[[nodiscard]] std::vector<std::string> targets_of(
    const std::string& path, const std::optional<std::vector<std::string>>& ids);

/// An id as a part of a path or query.
[[nodiscard]] std::string encoded(const std::string& id);

}  // namespace tokensyncd::commands
