#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/reload/placement_migration.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"

namespace tokensyncd::sync {

/// Parts with places that no workspace uses any more: takes away what is there where
/// `on_remove: delete` says so. Of a workspace that has moved within a sink, once its token is in
/// the new place. What fails is tried again, 5 s later, doubling to 5 min, until it is done, the
/// place is in use again, or what is there isn't ours: then it is another entry's, which is right,
/// or it is reported once and forgotten. For the loop's thread.
class cleanup {
 public:
  cleanup(dependencies deps, const fleet& all, sink_tasks& tasks);

  /// Called when a removal may have deleted what a delivery had just verified.
  std::function<void()> look_again;

  /// Parts with one place, for whose sink sink_tasks::started() was called; sink_tasks::finished()
  /// is called when nothing is left to be done. True when nothing of ours is there any more, and
  /// the state may forget the place. A failure is reported, and tend() goes on with it.
  task<bool> retire(retired_destination what);

  /// Saves `news`, and then parts with each of `destinations` and has the state forget it, each
  /// sink's in a task of `children`.
  task<> part_with_all(std::vector<retired_destination> destinations, std::vector<change> news,
                       task_group& children);

  /// A token of `workspace` has arrived somewhere: what waits for that is looked at.
  void arrived(std::string_view workspace);

  /// Goes on with what failed or waits, until cancelled.
  task<> tend();

 private:
  struct pending {
    retired_destination what;
    steady_time next;
    unsigned failures = 0;
  };

  task<> part_with_those_of_one_sink(std::vector<retired_destination> destinations);
  /// Frees what was remembered for the sake of many places.
  void end_of_many();
  task<bool> attempt(pending one);
  task<result<bool>> try_removal(const pending& one);
  /// Why it can't be taken away now; none where it is.
  task<std::optional<failure>> remove(const retired_destination& what);
  task<std::optional<failure>> remove(const retired_destination& what, const etag& tag);
  [[nodiscard]] bool is_in_use(const retired_destination& what) const;
  /// Whether any entry of the configuration may write there.
  [[nodiscard]] bool is_anybodys(const retired_destination& what);
  /// Ends what is_final(); true where the state may forget the place.
  bool settle(const retired_destination& what, const std::optional<failure>& why);
  void end(const retired_destination& what, bool withdrawn, const failure* why);
  void put_off(pending one);
  void come_back(pending one, std::chrono::milliseconds pause);
  [[nodiscard]] bool is_still_needed(const retired_destination& what) const;

  dependencies deps_;
  const fleet& fleet_;
  sink_tasks& sink_tasks_;
  std::deque<pending> later_;             ///< in no order: there are a few at most
  std::unordered_set<std::string> used_;  ///< canonical_locations, as of `used_for_`
  std::weak_ptr<const std::vector<config::workspace_profile>> used_for_;
  std::unique_ptr<sleeper> alarm_;
};

}  // namespace tokensyncd::sync
