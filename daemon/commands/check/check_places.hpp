#pragma once

#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/commands/check/check_report.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::commands {

/// What would keep this process from using the daemon's own files and addresses: state, control
/// socket, ports, audit log. Writes nothing. Blocks.
[[nodiscard]] check_findings look_at_own_destinations(const config::configuration& settings);

/// A certificate that has expired, and into `warnings` those that will soon. Blocks.
[[nodiscard]] check_findings look_at_certificates(const config::configuration& settings,
                                                  wall_time now,
                                                  std::vector<std::string>& warnings);

/// What would keep the sinks from delivering.
[[nodiscard]] task<check_findings> check_sinks(const config::configuration& settings,
                                               const sinks::sink_context& context,
                                               sync::thoroughness how);

}  // namespace tokensyncd::commands
