#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/delivery/drift.hpp"
#include "daemon/sync/delivery/hooks.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/checks.hpp"
#include "daemon/sync/fleet/contained_store.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/operations/command_calls.hpp"
#include "daemon/sync/operations/plan.hpp"
#include "daemon/sync/operations/preflight.hpp"
#include "daemon/sync/operations/rotate.hpp"
#include "daemon/sync/operations/verify.hpp"
#include "daemon/sync/reload/channel_set.hpp"
#include "daemon/sync/reload/cleanup.hpp"
#include "daemon/sync/reload/placement_migration.hpp"
#include "daemon/sync/reload/placement_owners.hpp"
#include "daemon/sync/reload/removed_workspaces.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

/// The engine's parts, in the order of the data's way. engine.cpp runs them, engine_reload.cpp
/// brings them in and out, engine_left.cpp finishes what left while it didn't run,
/// engine_status.cpp reads them, engine_events.cpp hears what the vendor says, engine_store.cpp
/// stores what isn't news. engine_facade.cpp is how others reach all of that.
class engine::core {
 public:
  core(dependencies deps, engine_settings setup, bool spread);

  result<void> restore();
  task<void> run();
  task<void> settled();
  void reload(engine_settings setup);
  std::size_t sync(std::string_view id);
  void store_anew();
  bool event(std::string_view id, bool copy);
  [[nodiscard]] token_test tokens() { return hooks_.tokens(); }
  [[nodiscard]] fleet_status status() const;
  [[nodiscard]] readiness ready(std::chrono::milliseconds grace, std::string_view only) const;
  void describe(std::uint32_t slot, workspace_status& out) const;
  [[nodiscard]] std::vector<std::string> unattended() const;

  sync::fleet all;

 private:
  void finish_left_while_down();
  std::vector<change> forget_workspaces(const std::vector<std::uint32_t>& removed,
                                        const std::vector<retired_place>& left);
  void part_with(std::vector<retired_place> places, std::vector<change> news);
  void save_owners();
  void schedule_first(std::uint32_t slot);
  void start_workers();
  task<> kept_up(std::string name, std::function<task<>()> work);
  void refresh_all();
  void reschedule(const ledger::merge_result& merged,
                  const std::vector<config::workspace_profile>& old_profiles);
  task<> save_times();
  task<> store_all();
  void add_rows_of(std::uint32_t slot, std::vector<change>& changes) const;

  contained_store memory_;
  dependencies deps_;
  std::function<void(const failure&)> tell_fault_;
  bool spread_;
  bool has_started_ = false;  // before the last reload; see readiness::started
  run_tasks tasks_;
  steady_time started_;
  wall_time started_wall_;
  dispatcher dispatcher_;
  sink_tasks sink_tasks_;
  cleanup cleanup_;
  delivery delivery_;
  event_tracker event_tracker_;
  checks checks_;
  drift drift_;
  preflight preflight_;
  hooks hooks_;
  command_calls calls_;
  channel_set channels_;
  placement_owners owners_;
  removed_workspaces removed_;

 public:
  planner planner_;
  verification_runner verification_;
  rotation_runner rotation_;

 private:
  bool has_lost_store_ = false;       // and nothing has been stored anew since
  std::unique_ptr<sleeper> settled_;  // of settled()
};

}  // namespace tokensyncd::sync
