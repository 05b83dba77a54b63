#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>

#include "daemon/runtime/async.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/hook.hpp"
#include "daemon/sync/workplace.hpp"

namespace tokensyncd::sync {

/// Runs the sinks' hooks until each has seen what its sink holds. A lane each, so a hook that hangs
/// delays neither deliveries nor another sink's hook. For the loop's thread.
class hooks {
 public:
  /// What a hook under way has when the daemon stops: less than the 10 s after which that leaves.
  static constexpr std::chrono::seconds time_at_the_end{7};

  hooks(engine_world world, workplace& all) : world_(world), fleet_(all) {}

  /// Serves one sink until it is retired or stop() was called, and its hook has ended.
  task<> serve(std::shared_ptr<sink_lane> l);

  /// Begins nothing new from now on.
  void stop();

 private:
  task<> run(std::shared_ptr<sink_lane> l);
  void mark_seen(sink_lane& l, std::vector<change>& changes);
  [[nodiscard]] std::vector<fingerprint> known_to(const sink_lane& l) const;

  engine_world world_;
  workplace& fleet_;
  std::set<hook*> running_;
  bool stopping_ = false;
};

}  // namespace tokensyncd::sync
