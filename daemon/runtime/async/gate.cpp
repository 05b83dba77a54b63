#include "daemon/runtime/async/gate.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd {

struct gate::waiter {
  explicit waiter(gate& of) : of_(of), sleep(of.time_.make_sleeper()) {
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

  gate& of_;
  std::unique_ptr<sleeper> sleep;
  bool let_in = false;
};

gate::pass::pass(pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}

gate::pass::~pass() {
  if (gate_ == nullptr) return;
  --gate_->inside_;
  gate_->let_next_in();
}

task<gate::pass> gate::enter() {
  if (has_room() && waiting_.empty()) {
    ++inside_;
    co_return pass{*this};
  }
  waiter me{*this};
  while (!me.let_in) co_await me.sleep->sleep_until(steady_time::max());
  me.let_in = false;
  co_return pass{*this};
}

void gate::set_width(unsigned at_once) {
  at_once_ = std::max(1U, at_once);
  let_next_in();
}

void gate::let_next_in() {
  while (has_room() && !waiting_.empty()) {
    waiter* const first = waiting_.front();
    waiting_.pop_front();
    ++inside_;
    first->let_in = true;
    first->sleep->wake();
  }
}

}  // namespace tokensyncd
