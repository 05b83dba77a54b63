#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/succession.hpp"
#include "daemon/sync/tending.hpp"
#include "daemon/sync/workplace.hpp"

namespace tokensyncd::sync {

/// Parts with places that no workspace uses any more: takes away what is there where
/// `on_remove: delete` says so, and where that fails tries it again, 5 s later, doubling to 5 min,
/// until it is done, the place is in use again, or what is there isn't ours. For the loop's thread.
class withdrawals {
 public:
  withdrawals(engine_world world, const workplace& all, tending& wards);

  /// Called when a removal may have deleted what a delivery had just verified.
  std::function<void()> look_again;

  /// Parts with one place, for whose sink tending::started() was called; tending::finished() is
  /// called when nothing is left to be done. True when what was there is taken away, and the state
  /// may forget it. A failure is reported, and tend() goes on with it.
  task<bool> part_with(retired_place what);

  /// Goes on with what failed, until cancelled.
  task<> tend();

 private:
  struct pending {
    retired_place what;
    steady_time next;
    unsigned failures = 0;
  };

  task<bool> attempt(pending one);
  task<result<bool>> take_leave(const pending& one);
  /// Why it can't be taken away now; none where it is.
  task<std::optional<failure>> take_away(const retired_place& what);
  [[nodiscard]] bool is_in_use(const retired_place& what) const;
  void end(const retired_place& what, bool withdrawn, const failure* why);
  void put_off(pending one);

  engine_world world_;
  const workplace& fleet_;
  tending& tending_;
  std::deque<pending> later_;  ///< in no order: there are a few at most
  std::unique_ptr<sleeper> alarm_;
};

}  // namespace tokensyncd::sync
