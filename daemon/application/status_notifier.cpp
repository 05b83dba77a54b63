#include "daemon/application/status_notifier.hpp"

#include <chrono>
#include <utility>

namespace tokensyncd {

status_notifier::status_notifier(clock& time, service_manager& manager,
                                 std::function<std::string()> sentence)
    : time_(time),
      manager_(manager),
      sentence_(std::move(sentence)),
      sleeper_(time.make_sleeper()) {}

void status_notifier::changed() noexcept {
  if (!changed_) {
    changed_ = true;
    sleeper_->wake();
  }
}

task<void> status_notifier::run() {
  auto next = time_.now();
  for (;;) {
    // Only with something to say: without, not even this timer may wake the process.
    while (!changed_ && !manager_.has_unsent()) {
      co_await sleeper_->sleep_until(steady_time::max());
    }
    while (time_.now() < next) {
      co_await sleeper_->sleep_until(next);
    }
    changed_ = false;
    next = time_.now() + service_manager::retry;
    manager_.send_again();
    manager_.status(sentence_());
  }
}

}  // namespace tokensyncd
