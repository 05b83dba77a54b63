#include "daemon/runtime/async/semaphore.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd {

struct semaphore::waiter {
  explicit waiter(semaphore& of) : of_(of), sleep(of.time_.make_sleeper()) {
    of_.waiting_.push_back(this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    std::erase(of_.waiting_, this);
    // Let in and cancelled at the same moment: the place is somebody else's.
    if (let_in) {
      --of_.inside_;
      of_.let_next_in();
    }
  }

  semaphore& of_;
  std::unique_ptr<sleeper> sleep;
  bool let_in = false;
};

semaphore::permit::permit(permit&& other) noexcept
    : semaphore_(std::exchange(other.semaphore_, nullptr)) {}

semaphore::permit::~permit() {
  if (semaphore_ == nullptr) return;
  --semaphore_->inside_;
  semaphore_->let_next_in();
}

task<semaphore::permit> semaphore::enter() {
  if (has_room() && waiting_.empty()) {
    ++inside_;
    co_return permit{*this};
  }
  waiter me{*this};
  while (!me.let_in) co_await me.sleep->sleep_until(steady_time::max());
  me.let_in = false;
  co_return permit{*this};
}

void semaphore::set_width(unsigned at_once) {
  at_once_ = std::max(1U, at_once);
  let_next_in();
}

void semaphore::let_next_in() {
  while (has_room() && !waiting_.empty()) {
    waiter* const first = waiting_.front();
    waiting_.pop_front();
    ++inside_;
    first->let_in = true;
    first->sleep->wake();
  }
}

}  // namespace tokensyncd
