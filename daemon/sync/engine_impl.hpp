#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/delivery/drift.hpp"
#include "daemon/sync/delivery/hook_runner.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_intake.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/contained_store.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "daemon/sync/fleet/state_writer.hpp"
#include "daemon/sync/fleet/status.hpp"
#include "daemon/sync/operations/command_calls.hpp"
#include "daemon/sync/operations/plan.hpp"
#include "daemon/sync/operations/preflight.hpp"
#include "daemon/sync/operations/rotate.hpp"
#include "daemon/sync/operations/rotation_policy.hpp"
#include "daemon/sync/operations/verify.hpp"
#include "daemon/sync/reload/channel_set.hpp"
#include "daemon/sync/reload/cleanup.hpp"
#include "daemon/sync/reload/placement_migration.hpp"
#include "daemon/sync/reload/placement_owners.hpp"
#include "daemon/sync/reload/removed_workspaces.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

using fault_listener = std::function<void(const failure&)>;

/// The stages of a token's way, and the sinks' own tasks beside them.
struct stages {
  stages(dependencies deps, sync::fleet& all, run_tasks& tasks, const fault_listener& report_fault,
         const engine_settings& setup, bool spread);

  sync::dispatcher dispatcher;
  sync::sink_tasks sink_tasks;
  sync::cleanup cleanup;
  sync::delivery delivery;
  sync::event_tracker event_tracker;
  event_intake intake;
  sync::workers workers;
  sync::drift drift;
  sync::known_tokens known_tokens;
  hook_runners hooks;
  channel_set channels;
};

/// What the state remembers beside the fleet, and what writes the state as a whole.
struct remembered {
  remembered(dependencies deps, sync::fleet& all, stages& those, const run_tasks& tasks,
             bool is_whole);

  placement_owners owners;
  removed_workspaces removed;
  state_writer writer;
};

/// The operations behind the commands.
struct operations {
  operations(dependencies deps, sync::fleet& all, stages& those, run_tasks& tasks);

  sync::preflight preflight;
  command_calls calls;
  planner plan;
  verification_runner verify;
  rotation_runner rotate;
  rotation_policy policy;
};

/// Owns the stages: makes and connects them (engine_impl.cpp), runs and ends them in order
/// (engine.cpp), and brings a new configuration to them in order (engine_reload.cpp). For the
/// engine alone.
struct engine::impl {
  impl(dependencies given, engine_settings setup, bool spreads);

  result<void> restore();
  task<void> run();
  task<void> settled();
  void reload(engine_settings setup);
  std::size_t sync(std::string_view id);
  void ask_api_again();
  void store_anew();
  bool event(std::string_view id, bool copy);

  void connect();
  [[nodiscard]] task<> kept_up(std::string name, std::function<task<>()> work) const;
  void start_workers();
  void schedule_all();
  void schedule_first(std::uint32_t slot);
  void finish_left_while_down();
  task<> shut_down();

  std::vector<change> forget_workspaces(const std::vector<std::uint32_t>& removed,
                                        const std::vector<retired_destination>& left);
  void configure_stages(engine_settings& setup);
  void reschedule(const ledger::merge_result& merged,
                  const std::vector<config::workspace_profile>& old_profiles);
  void retire(std::vector<retired_destination> destinations, std::vector<change> news);
  void save_owners();
  void refresh_all();

  contained_store state;
  dependencies deps;
  sync::fleet fleet;
  run_tasks tasks;
  fault_listener report_fault;
  bool spread;  ///< see engine::engine()
  sync::stages stages;
  sync::remembered remembered;
  sync::operations operations;
  status_reader status;
  std::unique_ptr<sleeper> when_settled;  ///< of settled()
};

}  // namespace tokensyncd::sync
