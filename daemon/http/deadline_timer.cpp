#include "daemon/http/deadline_timer.hpp"

#include <utility>

namespace tokensyncd::http {

deadline_timer::deadline_timer(executor on, look act)
    : timer_(on), act_(std::move(act)), self_(std::make_shared<deadline_timer*>(this)) {}

deadline_timer::~deadline_timer() {
  *self_ = nullptr;
}

void deadline_timer::arm(steady_time when) {
  armed_ = when;
  if (when == never) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(when);
  timer_.async_wait([self = self_](const boost::system::error_code& error) {
    deadline_timer* const dog = *self;
    if (error || dog == nullptr) return;
    dog->armed_ = never;
    dog->no_later_than(dog->act_(std::chrono::steady_clock::now()));
  });
}

}  // namespace tokensyncd::http
