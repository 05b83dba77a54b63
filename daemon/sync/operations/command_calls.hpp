#pragma once

#include <string>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// The calls of the commands that only look (`plan`, `verify`): each waits for the budget's turn as
/// a poll. For the loop's thread.
class command_calls {
 public:
  command_calls(clock& time, dispatcher& plan, workers& crew);

  /// Waits on `turn` until the budget has room for a poll; spends nothing. Failure: throttled,
  /// where the API is paused as a whole. Throws only system_error(operation_aborted), when
  /// cancelled.
  task<result<void>> wait_for_turn(sleeper& turn);

  /// Waits for its turn and fetches the current token of `who`, whose id is `id`. Neither schedule
  /// nor ledger change. Failures: those of wait_for_turn() and source::fetch(). Throws as
  /// wait_for_turn().
  task<fetched> fetch(handle who, std::string id, sleeper& turn);

 private:
  clock& time_;
  dispatcher& dispatcher_;
  workers& workers_;
};

/// The workspaces with these ids, without those that aren't configured; all where `only` is empty.
[[nodiscard]] std::vector<handle> handles_of(const ledger& book,
                                             const std::vector<std::string>& only);

}  // namespace tokensyncd::sync
