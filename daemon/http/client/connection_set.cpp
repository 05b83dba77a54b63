#include "daemon/http/client/connection_set.hpp"

#include <chrono>
#include <utility>

#include "daemon/runtime/erase_unordered.hpp"

namespace tokensyncd::http {

connection_lease connection_set::add(std::unique_ptr<connection> fresh) {
  busy_.push_back(fresh.get());
  return connection_lease{fresh.release()};
}

connection_lease connection_set::take_idle() {
  busy_.push_back(idle_.back().get());
  connection_lease last{idle_.back().release()};
  idle_.pop_back();
  last->set_deadline(never);
  return last;
}

void connection_set::give_back(std::unique_ptr<connection> used, milliseconds idle_time) noexcept {
  erase_unordered(busy_, used.get());
  used->forget();
  if (used->is_reusable()) {
    used->set_deadline(std::chrono::steady_clock::now() + idle_time);
    idle_.push_back(std::move(used));
  } else {
    used.reset();
  }
}

steady_time connection_set::expire(steady_time now) {
  std::erase_if(idle_, [now](const auto& one) { return one->deadline() <= now; });
  steady_time next = first_idle_deadline();
  for (connection* one : busy_) {
    if (one->deadline() <= now) one->expire();
    next = std::min(next, one->deadline());
  }
  return next;
}

}  // namespace tokensyncd::http
