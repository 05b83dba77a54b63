#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/ports/plan.hpp"
#include "daemon/sync/ports/rotation.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/status.hpp"
#include "daemon/sync/ports/verification.hpp"

namespace tokensyncd::sync {

/// The loop: due → fetch → compare → store → deliver → store. Level-triggered: whatever happens, it
/// compares what is wanted with what is there and works until they are equal.
///
/// For the loop's thread.
class engine final : public status_view {
 public:
  /// `spread`: whether workspaces that are known in sync wait for their own time at start (a
  /// daemon) or go at once (`once`, which never spreads).
  engine(dependencies deps, engine_settings setup, bool spread);
  ~engine() override;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Takes over what the store remembers; once, before run(). Blocks. Without it nothing is known.
  result<void> restore();

  /// Works until the coroutine is cancelled; then asks and delivers nothing new, finishes the
  /// writes that have begun, records them and returns normally.
  task<void> run();

  /// Completes when every pair is in sync and its hook done, or its workspace gone (for `once`); or
  /// when cancelled.
  task<void> settled();

  /// Replaces the setup: what left is retired, what came is due now, what stayed keeps its schedule
  /// and its history. Questions under way for what left, or for what changed, are forgotten when
  /// answered. While run() is at its end nothing changes: the next start takes the configuration.
  void reload(engine_settings setup);

  /// The rotation policy goes on if it has stopped, because somebody has seen to the cause.
  void resume_rotations();

  /// Makes one workspace (by id), or all (empty), due now, as a poll, and has the sinks looked at
  /// for what changed there behind our back. Number of workspaces made
  /// due; 0 where there is no such id.
  std::size_t sync(std::string_view id = {});

  /// What the Partner API refused may have been put right: where it counts as down, it is asked at
  /// once (one call a second at most). A reload and sync() do the same.
  void ask_api_again();

  /// Saves all that is known: the store has lost what was saved.
  void store_anew();

  /// The vendor says that a workspace's token was rotated: makes it due now, before all polls, with
  /// another check to follow one that is under way. What that check finds is all that is believed;
  /// while it finds nothing new it is repeated (see event_tracker). `copy`: the same event has come
  /// before; copies cause one check in 250 ms. False where there is no such workspace.
  bool event(std::string_view id, bool copy);

  /// Says what the next round would do, without storing or delivering, within the budget. `only`:
  /// these ids, or empty for all. Sorted by workspace and sink.
  task<std::vector<planned>> plan(std::vector<std::string> only);

  /// Has a workspace's token replaced, once, and waits until it is delivered and confirmed, or time
  /// is up. Goes before everything else in the budget, but not while the API is throttled or down.
  /// Cancelled before the call has begun, nothing was done; afterwards the call and what follows
  /// from it go on.
  /// Unless it is forced, the destinations are inspected first, and nothing is done where one has
  /// an obstacle.
  task<rotation_report> rotate(std::string id, rotation_request how);

  /// What is known by now of the last rotation whose rotate() was cancelled; none: none was. Once
  /// run() has ended this is all that can be known without asking the API.
  [[nodiscard]] std::optional<rotation_report> broken_off_rotation();

  /// What rotate() would meet: the token's age, and the destinations, inspected now. None where
  /// there is no such workspace.
  task<std::optional<rotation_outlook>> outlook(std::string id);

  /// Asks whether the delivered tokens work, without storing or delivering, within the budget.
  /// `only`: these ids, or empty for all. A token that is refused, or isn't the one that the API
  /// has now, makes its workspace due. Sorted by workspace where all are asked about.
  task<std::vector<verified_token>> verify(std::vector<std::string> only);

  /// Pairs (`workspace/sink`) out of sync that nothing is done about while run() runs: neither
  /// queued nor in flight, nor waiting for a time. There are none; for tests of that invariant.
  [[nodiscard]] std::vector<std::string> unattended() const;

  /// Knows the tokens of all workspaces again in what programs write. Must not outlive the engine.
  [[nodiscard]] token_test tokens();

  [[nodiscard]] fleet_status fleet() const override;
  [[nodiscard]] std::optional<policy_status> policy() const override;
  [[nodiscard]] readiness ready(std::chrono::milliseconds grace,
                                std::string_view only) const override;
  [[nodiscard]] std::size_t size() const noexcept override;
  bool next(std::string_view after, workspace_status& out) const override;
  bool find(std::string_view id, workspace_status& out) const override;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace tokensyncd::sync
