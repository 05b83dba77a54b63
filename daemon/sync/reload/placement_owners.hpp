#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// Keeps up to date in the store which sink each recorded place belongs to, and what happens to the
/// place when its workspace leaves. For the loop's thread.
class placement_owners {
 public:
  /// `all` must outlive this.
  placement_owners(dependencies deps, const fleet& all);

  /// `destination` belongs to `sink` as that is configured now; the store says something else.
  void note(std::string destination, const engine_sink& sink);

  /// A reload has replaced `old_channels`, whose sinks were `old_sinks`: notes the places of each
  /// sink that is new, or has another name or on_remove.
  void note_reload(const std::vector<std::shared_ptr<sink_channel>>& old_channels,
                   const std::vector<engine_sink>& old_sinks);

  /// Whether there is nothing to save.
  [[nodiscard]] bool empty() const noexcept { return owners_.empty(); }

  /// Saves what was noted. The observer hears of errors; the store keeps what it could not save.
  task<> save();

 private:
  dependencies deps_;
  const fleet& fleet_;
  std::vector<owned_presence> owners_;
};

}  // namespace tokensyncd::sync
