#pragma once

#include "config/values.hpp"
#include "daemon/commands/check/check_report.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/source/partner_source.hpp"

namespace tokensyncd::commands {

/// Asks the Partner API for the details of each workspace, which never creates a token: within
/// `partner.rate_limit`, over `partner.max_connections`, those of choose_workspaces(). The first
/// question is a login: where it, or a later one, is refused for reasons that aren't a workspace's
/// own (credentials, an outage, a throttle), no more are asked.
[[nodiscard]] task<api_answers> ask_for_workspaces(source::partner_source& api,
                                                   const config::configuration& settings,
                                                   clock& time);

}  // namespace tokensyncd::commands
