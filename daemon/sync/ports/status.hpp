#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::sync {

/// ok: the last check was answered. stale: it wasn't (and not for a reason below). denied: the API
/// refuses us this workspace. gone: it doesn't exist. never: no check has ever been answered.
/// disputed: the last check was answered, but within ten minutes some answers had an older token
/// than others.
enum class workspace_state : std::uint8_t { ok, stale, denied, gone, never, disputed };
inline constexpr int workspace_state_count = 6;

/// Whether the API has no token for us in that state.
[[nodiscard]] constexpr bool is_refused(workspace_state state) noexcept {
  return state == workspace_state::gone || state == workspace_state::denied;
}

[[nodiscard]] constexpr std::string_view to_string(workspace_state state) noexcept {
  constexpr std::array<std::string_view, workspace_state_count> names{"ok",   "stale", "denied",
                                                                      "gone", "never", "disputed"};
  return names[static_cast<std::size_t>(state)];
}

/// A rotation's token in one sink.
struct arrival {
  std::string sink;
  wall_time delivered{};
  std::optional<wall_time> hook_done{};  ///< when the sink's hook had seen it
};

/// A rotation and when each of its steps was made.
struct past_rotation {
  std::uint32_t generation = 0;
  trigger why = trigger::poll;
  std::optional<wall_time> rotated_at{};
  step_times times{};
  std::vector<arrival> sinks;  ///< in the order in which they got it
};

/// One workspace in one sink.
struct sink_status {
  std::string_view name;
  std::string_view type;
  bool in_sync = false;
  bool required = true;          ///< the sink is; see workspace_status::required
  std::uint32_t generation = 0;  ///< of what is there; 0: nothing known
  std::optional<wall_time> last_success{};
  std::string_view last_error;          ///< empty: none since the last success
  std::optional<failure_kind> cause{};  ///< of `last_error`
  std::uint32_t consecutive_failures = 0;
  std::optional<wall_time> failing_since{};      ///< when the first of these failures was
  std::optional<wall_time> out_of_sync_since{};  ///< none: it is in sync
  bool hook_pending = false;                     ///< what is there waits for the sink's hook
  std::string_view hook_error;                   ///< why the hook last failed; empty: it didn't
  std::optional<wall_time> hook_failing_since{};
};

/// One workspace. Views point into the engine and are valid until the loop's next turn.
struct workspace_status {
  std::string_view id;
  workspace_state state = workspace_state::never;
  bool required = true;
  revision wanted{};  ///< generation 0: no history
  std::optional<wall_time> last_attempt{};
  std::optional<wall_time> last_success{};
  std::optional<wall_time> next_check{};
  std::chrono::milliseconds interval{0};
  std::string_view last_error;               ///< empty: none since the last success
  std::optional<wall_time> failing_since{};  ///< when the first failed check was
  bool rotation_unconfirmed = false;  ///< we asked for one, and what came of it isn't known yet
  std::array<std::uint32_t, trigger_count> rotations{};  ///< since start, by trigger
  std::span<const past_rotation> latest{};               ///< rotations, the newest last
  std::vector<sink_status> sinks;
};

/// One sink over all workspaces.
struct sink_totals {
  std::string_view name;
  std::string_view type;
  std::size_t out_of_sync = 0;
  std::string_view last_error;     ///< of the sink as a whole; empty: none since its last success
  std::size_t failing = 0;         ///< workspaces whose last delivery failed
  std::string_view place_error{};  ///< of one of these
  std::optional<wall_time> login_expires{};       ///< see sink::login_expires()
  std::size_t hook_pending = 0;                   ///< workspaces whose change its hook hasn't seen
  std::uint32_t hook_failures = 0;                ///< runs of its hook that failed in a row
  std::optional<std::string_view> login_error{};  ///< see sink::login_error()
  std::optional<failure_kind> cause{};            ///< of `last_error`, else of `place_error`
  std::string_view hook_error{};                  ///< why its hook last failed; empty: it didn't
  std::optional<wall_time> failing_since{};       ///< of the failure that `cause` is of
  std::optional<wall_time> hook_failing_since{};
};

/// What the Partner API as a whole fails with.
struct api_trouble {
  failure_kind cause = failure_kind::fault;
  std::string_view sentence{};  ///< of the latest call that failed so; may be empty
  wall_time since{};
};

/// What the rotation policy does next.
struct policy_status {
  std::string workspace{};  ///< the next to be rotated; empty: none
  wall_time at{};           ///< when, if nothing comes between
  std::string waiting{};    ///< what it waits for besides, as a clause; empty: nothing
  std::string stopped{};    ///< why it has stopped; empty: it hasn't
};

/// Everything in a few numbers.
struct fleet_status {
  wall_time at{};                                               ///< when this was so
  std::array<std::size_t, workspace_state_count> workspaces{};  ///< by state
  /// The first few ids of those that are stale, disputed, denied or gone, by state, and why the
  /// first of the stale ones is; views as of workspace_status.
  std::array<std::vector<std::string_view>, workspace_state_count> named{};
  std::string_view stale_cause{};
  std::vector<sink_totals> sinks;
  /// Largest age of a last success, in intervals of its workspace; of those that aren't gone. A
  /// workspace that never had one counts from start.
  double oldest_success_age_intervals = 0;
  std::optional<wall_time> throttled_until{};
  std::optional<wall_time> next_probe{};  ///< while the API as a whole is down
  std::optional<api_trouble> api{};       ///< while it is throttled or down
  double rate_limit_per_second = 0;       ///< in force now; 0: no limit
  std::size_t pairs = 0;  ///< of workspace and sink, without gone ones unless all are gone
  std::size_t pairs_in_sync = 0;
  std::size_t delivered = 0;  ///< workspaces in sync in all sinks that are neither gone nor denied
  std::size_t undelivered =
      0;  ///< workspaces that `pairs` counts and that aren't in sync somewhere
  std::size_t unconfirmed_rotations = 0;  ///< see workspace_status::rotation_unconfirmed
  std::size_t refused_tokens = 0;   ///< newest tokens that the Public API refused when it was asked
  std::uint64_t missed_events = 0;  ///< rotations that a poll found and no event announced
  std::optional<wall_time> last_rotation{};  ///< when the newest was seen, before this start too
  std::optional<policy_status> policy{};     ///< none: no workspace is rotated for its token's age
};

/// Whether who depends on us may start, or go on.
struct readiness {
  bool started = false;  ///< every required pair has once been in sync since start; stays so
  bool ready = false;    ///< started, and no required pair has been out of sync for the grace time
  /// Up to 20 of those in the way, as `workspace/sink`, and how many there are in all.
  std::vector<std::pair<std::string_view, std::string_view>> waiting_for;
  std::size_t waiting = 0;
};

/// The engine as those see it who only look. For the loop's thread; what is returned is valid until
/// its next turn.
class status_view {
 public:
  virtual ~status_view() = default;

  [[nodiscard]] virtual fleet_status fleet() const = 0;

  /// What the rotation policy does next; none: no workspace has one. Costs nothing.
  [[nodiscard]] virtual std::optional<policy_status> policy() const = 0;

  /// `grace`: how long a required pair may be out of sync. `only`: one workspace, or empty for all.
  [[nodiscard]] virtual readiness ready(std::chrono::milliseconds grace,
                                        std::string_view only = {}) const = 0;

  /// Number of workspaces.
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;

  /// Fills `out` with the workspace whose id is the smallest above `after` (empty: the first);
  /// false where there is none. So a reader that gives way between two calls survives a reload.
  virtual bool next(std::string_view after, workspace_status& out) const = 0;

  /// Fills `out` with one workspace; false where there is none of that id.
  virtual bool find(std::string_view id, workspace_status& out) const = 0;
};

}  // namespace tokensyncd::sync
