#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/runtime/async/task_group.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/delivery/drift.hpp"
#include "daemon/sync/delivery/hook_runner.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/checks.hpp"
#include "daemon/sync/fleet/contained_store.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "daemon/sync/operations/preflight.hpp"
#include "daemon/sync/reload/cleanup.hpp"
#include "daemon/sync/reload/placement_migration.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"

namespace tokensyncd::sync {

/// The engine's parts, in the order of the data's way. engine.cpp runs them, engine_reload.cpp
/// brings them in and out, engine_left.cpp finishes what left while it didn't run,
/// engine_status.cpp reads them, engine_plan.cpp asks what they would do, engine_events.cpp hears
/// what the vendor says, engine_store.cpp stores what isn't news, engine_rotate.cpp and
/// engine_verify.cpp do what a command wants. engine_facade.cpp is how others reach all of that.
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
  task<std::vector<planned>> plan(std::vector<std::string> only);
  task<rotation_report> rotate(std::string id, rotation_wish how);
  [[nodiscard]] std::optional<rotation_report> broken_off_rotation();
  task<std::optional<rotation_outlook>> outlook(std::string id);
  task<std::vector<verified_token>> verify(std::vector<std::string> only);
  [[nodiscard]] token_test tokens() { return known_tokens_.test(); }
  [[nodiscard]] fleet_status status() const;
  [[nodiscard]] readiness ready(std::chrono::milliseconds grace, std::string_view only) const;
  void describe(std::uint32_t slot, workspace_status& out) const;
  [[nodiscard]] std::vector<std::string> unattended() const;

  sync::fleet all;

 private:
  /// What is remembered of a workspace that is not in the configuration, should it come back.
  struct history {
    stored_workspace what;
    std::vector<stored_presence> places;
  };

  void restore_row(record& r, const stored_workspace& row);
  void restore_row(const stored_presence& row);
  void note_left_while_down();
  void keep_places(history& past);
  void take_places(history& past);
  void finish_left_while_down();
  void note_owners(const std::vector<std::shared_ptr<sink_channel>>& old_channels,
                   const std::vector<engine_sink>& old_sinks);
  task<> save_owners();
  void recall(const std::vector<std::uint32_t>& added);
  [[nodiscard]] std::vector<std::shared_ptr<sink_channel>> make_channels(
      std::vector<engine_sink> sinks);
  void schedule_first(std::uint32_t slot);
  void start_workers();
  task<> kept_up(std::string name, std::function<task<>()> work);
  void start_channel(const std::shared_ptr<sink_channel>& l);
  /// Has sinks that find something out by themselves tell it here.
  void listen_to_sinks();
  void hear(const sink& who, sink_news what);
  void ask_sinks_anew(anew why);
  void refresh_all();
  std::vector<change> part_with(const std::vector<std::uint32_t>& removed,
                                const std::vector<retired_place>& left);
  void exchange_channels(const std::vector<std::shared_ptr<sink_channel>>& old_channels);
  void reschedule(const ledger::merge_result& merged,
                  const std::vector<config::workspace_profile>& old_profiles);
  task<> save(std::vector<change> changes);
  task<> retire(std::vector<retired_place> places, std::vector<change> gone);
  task<> withdraw(std::vector<retired_place> places);
  /// Of the workspaces with these ids; of all where there are none.
  [[nodiscard]] std::vector<handle> handles_of(const std::vector<std::string>& only) const;
  [[nodiscard]] failure paused() const;
  task<fetched> ask_for_plan(handle who, const std::string& id, sleeper& turn);
  task<place_state> look_at(handle who, std::size_t k);
  task<> follow(rotation_order& order, sleeper& me, std::chrono::milliseconds timeout);
  [[nodiscard]] bool is_over(const rotation_order& order);
  void make_due(const rotation_order& order);
  task<> clear(rotation_order& order, sleeper& me, std::chrono::milliseconds timeout,
               std::vector<rotated_place>& obstacles);
  task<std::vector<rotation_place>> look_at_places(handle who, std::chrono::milliseconds timeout);
  task<std::vector<rotation_place>> look_apart(handle who, std::chrono::milliseconds limit);
  void let_go(const std::shared_ptr<rotation_order>& order);
  [[nodiscard]] bool has_changed(const rotation_order& order, const record& r) const;
  void describe(const rotation_order& order, rotation_report& out);
  void describe_places(handle who, rotation_report& out);
  [[nodiscard]] std::string pause() const;
  task<verified_token> verify_one(handle who, sleeper& turn);
  task<verification> ask_whether_it_works(const std::string& id, const secret& token,
                                          sleeper& turn);
  task<> verify_delivered(handle who, std::shared_ptr<const pending_token> what);
  void apply_verification(handle who, const revision& what, const verification& outcome);
  task<> plan_one(handle who, sleeper& turn, std::vector<planned>& out);
  task<> save_times();
  task<> store_all();
  void add_rows_of(std::uint32_t slot, std::vector<change>& changes) const;

  contained_store memory_;
  dependencies deps_;
  std::function<void(const failure&)> tell_fault_;
  bool spread_;
  bool whole_;
  bool has_started_ = false;  // before the last reload; see readiness::started
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
  known_tokens known_tokens_;
  hook_runners hooks_;
  std::shared_ptr<verifier> checker_;
  bool verify_after_ = false;
  bool leaving_ = false;         // run() is at its end
  bool has_lost_store_ = false;  // and nothing has been stored anew since
  std::unordered_map<std::string, history> retired_;
  std::vector<change> left_while_down_;       // to be stored when run() begins
  std::vector<stored_presence> places_left_;  // to be taken away then
  std::vector<stored_presence> places_kept_;  // although that was to be done
  std::vector<owned_presence> owners_;        // to be stored
  std::unique_ptr<sleeper> settled_;          // of settled()
  std::string broken_off_;                    // the last workspace whose rotate() was cancelled
  std::shared_ptr<rotation_order> broken_off_order_;
  std::optional<task_group>
      worker_tasks_;  // while run() runs: workers and lookers, cancelled at its end
  std::optional<task_group> sink_workers_;  // while run() runs: one a sink, which end by themselves
};

}  // namespace tokensyncd::sync
