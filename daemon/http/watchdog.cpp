#include "daemon/http/watchdog.hpp"

#include <utility>

namespace tokensyncd::http {

watchdog::watchdog(executor on, look act)
    : timer_(on), act_(std::move(act)), self_(std::make_shared<watchdog*>(this)) {}

watchdog::~watchdog() {
  *self_ = nullptr;
}

void watchdog::arm(steady_time when) {
  armed_ = when;
  if (when == never) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(when);
  timer_.async_wait([self = self_](const boost::system::error_code& error) {
    watchdog* const dog = *self;
    if (error || dog == nullptr) return;
    dog->armed_ = never;
    dog->no_later_than(dog->act_(std::chrono::steady_clock::now()));
  });
}

}  // namespace tokensyncd::http
