#include "daemon/sync/fetching/worker_pool.hpp"

#include <utility>

#include "daemon/runtime/process/on_exit.hpp"

namespace tokensyncd::sync {

void worker_pool::resize(unsigned workers) {
  workers_ = std::max(1U, workers);
  for (sleeper* each : idle_) each->wake();
}

void worker_pool::staff(task_group& crew, const supervisor& watched, const life& of_one) {
  crew_ = &crew;
  for (unsigned missing = workers_ - std::min(workers_, running_); missing > 0; --missing) {
    const auto me = std::make_shared<worker>();
    auto work = [of_one, me] { return of_one(me); };
    me->id = crew.start(watched(std::move(work)));
  }
}

task<> worker_pool::wait(sleeper& me) {
  const bool watches = watcher_ == nullptr;
  steady_time until = steady_time::max();
  if (watches) {
    watcher_ = &me;
    until = watched_until_ = dispatcher_.next_action(time_.now());
  }
  idle_.push_back(&me);
  auto leave = [this, watches, &me] {
    std::erase(idle_, &me);
    if (watches) watcher_ = nullptr;
  };
  const on_exit left{leave};
  co_await me.sleep_until(until);
}

bool worker_pool::wake() {
  if (watcher_ != nullptr) {
    if (dispatcher_.next_action(time_.now()) < watched_until_) watcher_->wake();
    return true;
  }
  if (idle_.empty()) return false;
  idle_.back()->wake();
  return true;
}

void worker_pool::cancel(const worker& which) {
  crew_->cancel(which.id);
}

}  // namespace tokensyncd::sync
