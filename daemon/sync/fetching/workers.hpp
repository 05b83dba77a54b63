#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/call_watch.hpp"
#include "daemon/sync/fetching/fetcher.hpp"
#include "daemon/sync/fetching/rotator.hpp"
#include "daemon/sync/fetching/steps/check_steps.hpp"
#include "daemon/sync/fetching/worker_pool.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// The workers, each of which waits for the next due workspace, fetches its token, detects a
/// change, stores it and hands the token to delivery. For the loop's thread.
class workers {
 public:
  /// All must outlive this. `patient`: a failing workspace waits for its interval (a daemon); else
  /// it is tried again soon (`once`).
  workers(dependencies deps, fleet& all, dispatcher& plan, delivery& out, event_tracker& events,
          bool patient);

  /// The source, the number (`count`) of workers (at least 1) and the jitter of the schedule (see
  /// config::poll_settings); in force from the next call on.
  void configure(std::shared_ptr<source> from, unsigned count, double jitter);

  using supervisor = worker_pool::supervisor;

  /// Starts the workers that are missing as children of `crew`, which must outlive them. They run
  /// until cancelled, or until there are more than configured.
  void staff(task_group& crew, const supervisor& watched);

  /// Something may have become due earlier than the idle workers know.
  void wake();

  /// When a workspace whose last check ended `now` is to be checked next.
  [[nodiscard]] steady_time next_check_of(const record& r, steady_time now) {
    return steps_.next.next_check_of(r, now);
  }

  /// Forgets everything about a workspace that isn't in its record.
  void forget(std::uint32_t slot);

  /// An announced token that no check has seen: goes with the workspace's record from now on.
  void keep_pending_rotation(std::uint32_t slot) { steps_.recorder.keep_pending_rotation(slot); }

  /// Whether checks of a workspace are repeated because something new is to come.
  [[nodiscard]] bool expects_news(std::uint32_t slot) const;

  /// See fetcher::fetch_aside.
  task<fetched> ask_aside(handle who, std::string id) {
    return fetcher_.fetch_aside(who, std::move(id));
  }

  /// The rotations under way: for a workspace that has one the API is asked for a new token instead
  /// of the current one.
  [[nodiscard]] rotation_jobs& jobs() noexcept { return rotator_.jobs(); }

  /// Whether a check must be answered before a new token is asked for.
  [[nodiscard]] bool looks_first(const rotation_job& job) const {
    return rotator_.looks_first(job);
  }

  /// No rotation is begun from now on, and no worker takes another workspace.
  void stop() { pool_.stop(); }

  /// Whether a rotation is under way: it isn't cancelled, because its answer must not be lost.
  [[nodiscard]] bool is_rotating() const noexcept { return pool_.rotating() != 0; }

  /// Server's clock minus ours, as last corrected.
  [[nodiscard]] std::chrono::seconds clock_skew() const noexcept { return steps_.api.clock_skew(); }

 private:
  task<> live(std::shared_ptr<worker> me);
  task<> work(worker& me);
  void broke_off(handle who, const failure& fault);
  [[nodiscard]] bool take(worker& me);
  [[nodiscard]] bool is_for_nobody(const call& what);

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  event_tracker& event_tracker_;
  worker_pool pool_;
  call_watch watch_;
  check_steps steps_;
  fetcher fetcher_;
  rotator rotator_;
};

}  // namespace tokensyncd::sync
