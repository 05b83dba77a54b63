#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/sync/ports/status.hpp"
#include "daemon/telemetry/certificates.hpp"
#include "daemon/telemetry/summary.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// What /status says beside the workspaces.
struct status_head {
  std::string version;
  std::string host;  ///< the machine's name
  wall_time started_at{};
  bool ready = false;
  telemetry::summary summary;
  std::optional<metrics::last_events> events{};  ///< none: they aren't listened for
  std::vector<certificate> certificates{};       ///< that are shown to others
};

/// One answer to /status, made in pieces of 256 workspaces, sorted by id. For the loop's thread.
class status_json {
 public:
  /// `view` must outlive it.
  status_json(const sync::status_view& view, status_head head);

  /// Replaces `piece` with the next one; false when it was the last. Not to be called after that.
  bool next(std::string& piece);

 private:
  const sync::status_view& view_;
  status_head head_;
  bool begun_ = false;
  bool first_workspace_ = true;
  std::string after_;
  sync::workspace_status status_;
};

/// One workspace as /status shows it.
void append_workspace(std::string& out, const sync::workspace_status& of);

}  // namespace tokensyncd::telemetry
