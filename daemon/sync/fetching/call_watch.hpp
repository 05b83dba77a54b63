#pragma once

#include <memory>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/call.hpp"
#include "daemon/sync/fetching/worker_pool.hpp"
#include "daemon/sync/fleet/ledger.hpp"

namespace tokensyncd::sync {

/// The calls of checks that are under way. Gives up those that take long while others wait for a
/// worker: a call that hangs for one workspace must not hold up the others. For the loop's thread.
class call_watch {
 public:
  /// All must outlive this.
  call_watch(clock& time, ledger& book, dispatcher& plan, worker_pool& pool);

  /// Watches until cancelled, or until the pool stops.
  task<> run();
  [[nodiscard]] bool is_running() const noexcept { return runs_; }

  /// Counts a call as under way for as long as this lives.
  class entry {
   public:
    entry(call_watch& of, call& what);
    ~entry();
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

   private:
    call_watch& watch_;
    call& call_;
  };

  /// Something may have begun to wait. Looks at the calls if all workers are busy.
  void look_if_busy();

  /// An outage has ended: a call from before would learn that late, so it is given up.
  void outage_ended();

 private:
  [[nodiscard]] bool all_are_busy() const {
    return calls_.size() + pool_.rotating() >= pool_.size();
  }
  [[nodiscard]] call* longest() const;
  void give_up(call& what);

  clock& time_;
  ledger& ledger_;
  dispatcher& dispatcher_;
  worker_pool& pool_;
  std::vector<call*> calls_;
  std::unique_ptr<sleeper> sleep_;               // of run()
  steady_time overdue_at_ = steady_time::max();  // the longest of them
  steady_time watched_until_ = steady_time::max();
  bool runs_ = false;
};

}  // namespace tokensyncd::sync
