#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/ports/sink.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::sync {

using std::chrono::nanoseconds;

/// How a check ended; the label `result` of source_polls_total.
enum class poll_result : std::uint8_t { changed, unchanged, stale, error, throttled, denied, gone };

/// Whose trouble a failed call was. undecided: its workspace's own as far as is known, but nobody
/// was answered since, so the API as a whole may turn out to be down.
enum class blame : std::uint8_t { nobody, workspace, undecided, upstream };

/// A question that was asked and how it ended.
struct check_event {
  std::string_view workspace;
  trigger why = trigger::poll;
  poll_result how = poll_result::unchanged;
  nanoseconds lag{0};       ///< when due -> when asked
  nanoseconds duration{0};  ///< asked -> answered
  std::chrono::seconds clock_skew{0};
  const failure* error = nullptr;      ///< for error, throttled, denied, gone
  blame whose = blame::nobody;         ///< the error is
  bool error_is_new = false;           ///< the workspace was fine, or failed otherwise, before
  bool rotated_at_unreadable = false;  ///< see observation
  bool rotated_at_unreadable_is_new = false;  ///< it wasn't so in the answer before
  std::optional<nanoseconds> failed_for{};    ///< answered: how long the checks before failed
};

/// When the steps of a check were made, for an audit.
struct step_times {
  wall_time due{};       ///< made due: its time had come, the event came, the command was given
  wall_time asked{};     ///< the API was
  wall_time answered{};  ///< by the API
  std::optional<wall_time> stored{};  ///< the revision was; none: the state didn't take it
};

/// A revision that has just become the wanted one and is stored.
struct revision_event {
  std::string_view workspace;
  trigger why = trigger::poll;
  const revision& now;
  const revision& before;  ///< generation 0 where there was none: a first sight, no rotation
  bool rotated_at_filled_in = false;  ///< the same revision, whose rotated_at has become known
  bool rotated_at_went_back = false;  ///< a new token with an older rotated_at: odd, but a change
  step_times times{};
};

/// An answer that isn't believed yet (see change.hpp).
struct stale_event {
  std::string_view workspace;
  trigger why = trigger::poll;
  std::uint32_t generation = 0;  ///< the one that stays
};

/// A revision that has arrived.
struct delivery_event {
  std::string_view workspace;
  std::string_view sink;
  const revision& what;
  write_result how = write_result::written;
  nanoseconds duration{0};  ///< of the sink's work
  /// From rotated_at (or, unknown, from first sight) to now; only for a rotation seen while
  /// running.
  std::optional<nanoseconds> propagation{};
  trigger why = trigger::poll;              ///< of the check that found the token
  std::optional<nanoseconds> failed_for{};  ///< how long the tries before this one failed
};

/// A revision that has not arrived; it will be tried again.
struct delivery_failure_event {
  std::string_view workspace;
  std::string_view sink;
  const revision& what;
  const failure& error;
  std::uint32_t consecutive = 1;  ///< failures of this pair in a row, this one included
  std::chrono::milliseconds retry_in{0};
};

enum class upstream_state : std::uint8_t { normal, throttled, down };

/// The Partner API as a whole changed its state.
struct upstream_event {
  upstream_state now = upstream_state::normal;
  std::optional<wall_time> until{};  ///< of a throttle, or when the next probe goes
  double rate_per_second = 0;        ///< in force now; 0: no limit
  const failure* error = nullptr;    ///< what brought it about; null when it became normal
};

/// A workspace that left the configuration, with one of its sinks.
struct retirement_event {
  std::string_view workspace;
  std::string_view sink;
  std::uint32_t generation = 0;
  bool withdrawn = false;          ///< on_remove: delete has taken away what was there
  const failure* error = nullptr;  ///< why that failed
};

/// A sink's hook has run.
struct hook_event {
  std::string_view sink;
  nanoseconds duration{0};
  std::size_t changes = 0;         ///< places that it was run for
  const failure* error = nullptr;  ///< why it failed; it runs again. cancelled: tokensyncd stops
  bool error_is_new = false;       ///< the run before failed otherwise, or didn't
  std::uint32_t consecutive = 0;   ///< failures in a row, this one included
  std::chrono::milliseconds retry_in{0};
  std::optional<nanoseconds> failed_for{};  ///< how long the runs before this one failed
};

/// A step of a rotation that a command asked for; that it succeeded is a revision_event.
enum class rotation_step : std::uint8_t {
  asking,   ///< the API is being asked to replace the token, once
  refused,  ///< it didn't
  lost,     ///< nobody knows whether it did: a check follows
};

struct rotation_event {
  std::string_view workspace;
  rotation_step step = rotation_step::asking;
  const failure* error = nullptr;  ///< for refused, lost
  bool by_policy = false;          ///< for the token's age, and not because somebody asked
};

/// What the rotation policy does beside rotating.
enum class policy_step : std::uint8_t {
  postponed,  ///< it leaves this workspace alone for a while
  stopped,    ///< it rotates nothing any more until a reload
};

struct policy_event {
  policy_step step = policy_step::postponed;
  std::string_view workspace;
  std::string_view why;  ///< a sentence
};

/// The Public API was asked whether a token works that had been delivered.
struct verification_event {
  std::string_view workspace;
  const revision& what;
  token_state how = token_state::unknown;
  const failure* error = nullptr;  ///< null where it works
};

/// Who wants to know what happens: metrics, log, audit. Called on the loop's thread between two
/// awaits, so it must neither block nor throw; what the events refer to is valid during the call
/// alone.
class events {
 public:
  virtual ~events() = default;
  virtual void checked(const check_event& what) = 0;
  virtual void revised(const revision_event& what) = 0;
  virtual void answered_stale(const stale_event& what) = 0;
  virtual void delivered(const delivery_event& what) = 0;
  virtual void delivery_failed(const delivery_failure_event& what) = 0;
  virtual void drifted(std::string_view workspace, std::string_view sink) = 0;
  virtual void upstream_changed(const upstream_event& what) = 0;
  /// The API denies every workspace that it knows, of which there are `workspaces`, two at least.
  virtual void denied_all(std::size_t workspaces) = 0;
  /// The API knows none of the workspaces, of which there are `workspaces`, two at least.
  virtual void gone_all(std::size_t workspaces) = 0;
  virtual void state_failed(const failure& error) = 0;
  /// An exception that nobody expected has ended a task of the engine, which is tried again.
  virtual void task_failed(const failure& fault) = 0;
  virtual void retired(const retirement_event& what) = 0;
  virtual void hook_ran(const hook_event& what) = 0;
  virtual void rotating(const rotation_event& what) = 0;
  virtual void policy_changed(const policy_event& what) = 0;
  virtual void verified(const verification_event& what) = 0;
};

}  // namespace tokensyncd::sync
