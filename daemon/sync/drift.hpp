#pragma once

#include <memory>
#include <string_view>

#include "daemon/runtime/async.hpp"
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

  /// Looks at everything that was ever delivered to a sink, 256 places at a time.
  task<> look(std::shared_ptr<sink_lane> l);

  /// look() again and again, at the shortest interval of the workspaces that use the sink; until
  /// cancelled or the sink is retired.
  task<> watch(std::shared_ptr<sink_lane> l);

 private:
  void found(sink_lane& l, handle who);

  engine_world world_;
  workplace& fleet_;
  agenda& agenda_;
  checks& checks_;
};

}  // namespace tokensyncd::sync
