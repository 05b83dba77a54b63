#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/operations/command_calls.hpp"
#include "daemon/sync/ports/plan.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sync {

/// Says what the next round would do to each destination, without storing or delivering. For the
/// loop's thread.
class planner {
 public:
  /// All of these must outlive this.
  planner(clock& time, const fingerprinter& prints, fleet& all, command_calls& calls);

  /// One line a destination, sorted by workspace and sink: of the workspaces `only` in their order,
  /// or of all where that is empty. An id that isn't configured has no line. A destination that the
  /// API or the sink can't be asked about has the line `unknown`, with the error's sentence. Throws
  /// only system_error(operation_aborted), when cancelled.
  task<std::vector<planned>> plan(std::vector<std::string> only);

 private:
  task<> plan_one(handle who, sleeper& turn, std::vector<planned>& out);
  task<std::string> obstacle_of(handle who, std::size_t k);
  task<destination_state> look_at(handle who, std::size_t k);

  clock& time_;
  const fingerprinter& prints_;
  fleet& fleet_;
  command_calls& calls_;
};

}  // namespace tokensyncd::sync
