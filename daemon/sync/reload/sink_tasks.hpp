#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sync {

/// What sinks do by themselves: exactly one tend() for each sink in use. One that leaves with a
/// reload is tended until what it has begun to write or to take away is over, as that needs its
/// login. For the loop's thread.
class sink_tasks {
 public:
  /// Begins; nothing is tended before. The other functions may be called all the same. A tend()
  /// that throws begins anew, and `report_fault` hears of it.
  void begin(executor ex, clock& time, std::function<void(const failure&)> report_fault);

  /// These channels' sinks are in use from now on, and no others.
  void keep(const std::vector<std::shared_ptr<sink_channel>>& channels);

  /// Something is begun with `who`, which must be in use; finished() says that it is over.
  void started(const sink& who);
  void finished(const sink& who);

  /// Passes sink::end_by() on to all that are in use or at something.
  void end_by(steady_time when);

  /// Asks all to end, and completes when they have. Not cancellable.
  task<> end();

 private:
  struct entry {
    std::shared_ptr<sink> who;
    task_group::child_id child = 0;
    std::size_t under_way = 0;  ///< started and not finished
    bool left = false;
  };
  using entries = std::map<const sink*, entry>;

  entries::iterator retire(entries::iterator which);

  entries entries_;
  clock* time_ = nullptr;  // since begin()
  std::function<void(const failure&)> report_fault_;
  std::optional<task_group> children_;
};

}  // namespace tokensyncd::sync
