#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/agenda.hpp"
#include "daemon/sync/checks.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/workplace.hpp"

namespace tokensyncd::sync {

/// Notices what happened to places behind our back: one job a sink and interval compares what was
/// recorded with what is there, apart from the checks; only a difference makes a workspace due.
class drift {
 public:
  drift(engine_world world, workplace& all, agenda& plan, checks& loop);

  /// Looks at everything that was ever delivered to a sink, at once and then again and again, at
  /// the shortest interval of the workspaces that use it, but no more often than once a second;
  /// until cancelled or the sink is retired.
  task<> watch(std::shared_ptr<sink_lane> l);

  /// Has every sink looked at now, and not only when its time has come.
  void look_now();

  /// Completes when as many first looks are over, or after 2 s: a place that hangs holds up its own
  /// sink alone.
  task<> first_looks(std::size_t how_many);

 private:
  task<> look(std::shared_ptr<sink_lane> l);
  void found(sink_lane& l, handle who);

  engine_world world_;
  workplace& fleet_;
  agenda& agenda_;
  checks& checks_;
  std::size_t first_looks_ = 0;  ///< that are over
  std::unique_ptr<sleeper> first_look_over_;
};

}  // namespace tokensyncd::sync
