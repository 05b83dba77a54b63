#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/call.hpp"

namespace tokensyncd::sync {

/// The workers: how many there are, which of them are idle, and how many rotate. One of the idle
/// ones sleeps until the dispatcher's next action, the others until they are woken. For the loop's
/// thread.
class worker_pool {
 public:
  /// Makes a coroutine of `work` that begins it anew when it throws.
  using supervisor = std::function<task<>(std::function<task<>()> work)>;
  /// Makes the coroutine of one worker.
  using life = std::function<task<>(std::shared_ptr<worker> me)>;

  /// Both must outlive this.
  worker_pool(clock& time, dispatcher& plan) : time_(time), dispatcher_(plan) {}

  /// How many workers there are to be, at least 1. Those that are too many end when they are idle.
  void resize(unsigned workers);
  [[nodiscard]] unsigned size() const noexcept { return workers_; }

  /// Starts the workers that are missing as children of `crew`, which must outlive them.
  void staff(task_group& crew, const supervisor& watched, const life& of_one);

  /// Counts a worker for as long as its coroutine runs.
  class membership {
   public:
    explicit membership(worker_pool& of) : pool_(of) { ++pool_.running_; }
    ~membership() { --pool_.running_; }
    membership(const membership&) = delete;
    membership& operator=(const membership&) = delete;

   private:
    worker_pool& pool_;
  };

  /// Whether a worker goes on: there aren't too many, and stop() wasn't called.
  [[nodiscard]] bool goes_on() const noexcept { return running_ <= workers_ && !stopping_; }

  /// Completes when a workspace may be due. Throws system_error(operation_aborted) when cancelled.
  task<> wait(sleeper& me);

  /// Something may have become due earlier than the idle workers know. False: none is idle.
  bool wake();

  /// Asks the coroutine of a worker to end what it does.
  void cancel(const worker& which);

  /// No worker takes another workspace from now on.
  void stop() noexcept { stopping_ = true; }
  [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }

  /// Workers with a rotation. Such a call is waited for as long as it takes, so a quarter of the
  /// workers, or one, may make them at once, and most are left to the checks.
  [[nodiscard]] unsigned rotating() const noexcept { return rotating_; }
  [[nodiscard]] bool may_rotate() const noexcept { return rotating_ < std::max(1U, workers_ / 4); }
  void rotation_began() noexcept { ++rotating_; }
  void rotation_ended() noexcept { --rotating_; }

 private:
  clock& time_;
  dispatcher& dispatcher_;
  unsigned workers_ = 0;
  unsigned running_ = 0;
  unsigned rotating_ = 0;
  bool stopping_ = false;
  std::vector<sleeper*> idle_;
  task_group* crew_ = nullptr;  // of the workers, while they run
  sleeper* watcher_ = nullptr;  // the one of the idle that has the timer
  steady_time watched_until_{};
};

}  // namespace tokensyncd::sync
