#pragma once

#include <string>
#include <string_view>

#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::commands {

/// `no hook of files has seen the token of acme`
[[nodiscard]] std::string unseen_by_hook(std::string_view sink, std::string_view workspace);

/// A line for each workspace and sink whose hook hasn't seen what is there, with why it last
/// failed; empty where there is none.
[[nodiscard]] std::string pending_hooks(const sync::status_view& all);

}  // namespace tokensyncd::commands
