#pragma once

#include <optional>
#include <string>

#include "daemon/sync/ports/status.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// Trouble that stops no delivery but must be seen.
struct side_trouble {
  bool state = false;                                ///< the state can't be written
  bool audit = false;                                ///< the audit log can't be written
  std::optional<metrics::refusal_reason> refused{};  ///< why the last reload was
};

/// One line for systemd's STATUS= and for people, e.g. `1,203 of 1,204 in sync, vault: sealed`. No
/// control characters, 400 bytes at most.
[[nodiscard]] std::string summarize(const sync::fleet_status& fleet, side_trouble trouble = {});

}  // namespace tokensyncd::telemetry
