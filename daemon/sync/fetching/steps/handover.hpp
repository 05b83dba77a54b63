#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/steps/revision_recorder.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// Hands the token of an answer to delivery. For the loop's thread.
class handover {
 public:
  /// All must outlive this.
  handover(clock& time, fleet& all, delivery& out) : time_(time), fleet_(all), delivery_(out) {}

  /// Submits the token of an answer, and empties it there, if a sink of its workspace lacks it.
  /// Nothing for an answer that isn't believed or has no token, nor if the workspace has left.
  void deliver(const call& what, fetched& got, const finding& found);

 private:
  clock& time_;
  fleet& fleet_;
  delivery& delivery_;
};

}  // namespace tokensyncd::sync
