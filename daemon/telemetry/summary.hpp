#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/sync/ports/status.hpp"
#include "daemon/telemetry/certificates.hpp"
#include "daemon/telemetry/refused_reload.hpp"

namespace tokensyncd::telemetry {

/// Trouble that stops no delivery but must be seen.
struct side_trouble {
  std::optional<std::string> state{};       ///< why the state can't be written
  bool audit = false;                       ///< the audit log can't be written
  std::optional<refused_reload> refused{};  ///< the last reload, if it was
  std::vector<certificate> certificates{};  ///< all that are shown to others
};

/// How the fleet is, for people. No text has control characters.
struct summary {
  /// One clause with the worst cause first, e.g. `3 of 3,000 workspaces not delivered: files (disk
  /// full)`, or how many are in sync; 80 bytes at most. Also systemd's STATUS=.
  std::string headline;
  /// A sentence for each trouble, the worst first, 360 bytes each at most; empty: all is well.
  std::vector<std::string> details;
};

/// For any thread.
[[nodiscard]] summary summarize(const sync::fleet_status& fleet, const side_trouble& trouble = {});

}  // namespace tokensyncd::telemetry
