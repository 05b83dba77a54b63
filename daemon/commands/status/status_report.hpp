#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::commands {

/// One workspace in one sink, as `/status` tells it.
struct reported_sink {
  std::string name;
  bool in_sync = false;
  std::string last_error;
  std::int64_t consecutive_failures = 0;
  bool required = true;
  std::optional<wall_time> failing_since{};
  std::optional<wall_time> out_of_sync_since{};
  bool hook_pending = false;
  std::string hook_error;  ///< why its hook last failed; empty: it didn't
  std::optional<wall_time> hook_failing_since{};
};

/// One rotation in one sink, in milliseconds since it was due: since the event came, the schedule
/// or a command wanted it.
struct reported_arrival {
  std::string sink;
  double delivered_ms = 0;
  std::optional<double> hook_ms{};
};

/// One rotation, as `/status` tells it; milliseconds as above.
struct reported_rotation {
  std::int64_t generation = 0;
  std::string trigger;
  std::optional<wall_time> due{};
  double asked_ms = 0;
  double answered_ms = 0;
  std::optional<double> stored_ms{};  ///< none: the state didn't take it
  std::vector<reported_arrival> sinks{};
};

struct reported_workspace {
  std::string id;
  std::string state;
  std::int64_t generation = 0;
  std::string fingerprint;
  std::optional<wall_time> rotated_at{};
  std::optional<wall_time> last_success{};
  std::optional<wall_time> next_check{};
  std::string last_error;
  std::optional<wall_time> failing_since{};
  bool rotation_unconfirmed = false;
  bool required = true;
  std::vector<reported_sink> sinks;
  std::vector<reported_rotation> rotations;  ///< the newest first
};

/// What the rotation policy does next.
struct reported_policy {
  std::string next_workspace;  ///< empty: none
  std::optional<wall_time> next_at{};
  std::string waiting;  ///< what it waits for besides; empty: nothing
};

/// What the daemon answers to `GET /status`.
struct status_report {
  std::string version;
  bool ready = false;
  std::string host;
  std::string summary;               ///< one clause: the worst trouble, or how many are in sync
  std::vector<std::string> details;  ///< a sentence for each trouble
  /// When an event of each type last came, since start; none where they aren't listened for.
  std::optional<std::vector<std::pair<std::string, std::optional<wall_time>>>> events{};
  std::optional<reported_policy> policy{};  ///< none: no workspace has one
  std::vector<reported_workspace> workspaces;
};

/// Reads the JSON of `/status`. Fails with `malformed` where it isn't that.
[[nodiscard]] result<status_report> read_status(std::string_view json);

/// What of a report is worth a new line: everything but the times that pass by themselves.
[[nodiscard]] std::string essence(const status_report& report);

}  // namespace tokensyncd::commands
