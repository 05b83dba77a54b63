#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/rotation.hpp"

namespace tokensyncd::sync {

/// Inspects a workspace's destinations before its token is replaced: the old one stops at once, so
/// the new one must be able to arrive. For the loop's thread.
class preflight {
 public:
  /// For so long a destination may take to answer.
  static constexpr std::chrono::seconds longest_look{20};

  /// `drifted`: told of a destination that isn't as it was recorded, so that it is repaired.
  preflight(clock& time, fleet& all, delivery& out,
            std::function<void(sink_channel&, handle)> drifted);

  /// Each destination of `who`, in the order of its sinks, with its obstacle: what `check --online`
  /// would say of it, that it can't be inspected, that its last delivery failed, that its hook has
  /// been failing. `limit` is for each wait; what doesn't answer by then is an obstacle, and goes
  /// on as a child of `children` until it does. Empty where the workspace has left.
  task<std::vector<rotation_destination>> look(handle who, task_group& children,
                                               std::chrono::milliseconds limit);

  /// The same while the engine doesn't run: nothing is repaired, and what is owed isn't waited for.
  task<std::vector<rotation_destination>> look_only(handle who, task_group& children,
                                                    std::chrono::milliseconds limit);

 private:
  struct destination_look;
  struct round;

  [[nodiscard]] std::shared_ptr<round> begin(handle who, task_group& children);
  [[nodiscard]] std::vector<rotation_destination> results(handle who, const round& all) const;
  task<> look_at_one(std::shared_ptr<round> all, std::size_t which);
  task<> wait_for_looks(round& all, std::chrono::milliseconds limit);
  task<> wait_for_deliveries(handle who, std::chrono::milliseconds limit);
  [[nodiscard]] bool is_under_way(handle who) const;
  [[nodiscard]] bool is_owed(const record& r, std::uint32_t slot, std::size_t k) const;
  [[nodiscard]] bool hook_runs(const record& r, std::size_t k) const;
  [[nodiscard]] std::string obstacle_of(const record& r, std::uint32_t slot, std::size_t k) const;

  clock& time_;
  fleet& fleet_;
  delivery& delivery_;
  std::function<void(sink_channel&, handle)> drifted_;
};

}  // namespace tokensyncd::sync
