#include "daemon/endpoints/scrape_gate.hpp"

#include <algorithm>

namespace tokensyncd::endpoints {
namespace {

/// Keeps a waiter in line for as long as it waits, also when its wait is cancelled.
class place_in_line {
 public:
  place_in_line(std::deque<sleeper*>& line, sleeper& who) : line_(line), who_(who) {
    line_.push_back(&who_);
  }
  ~place_in_line() {
    std::erase(line_, &who_);
    if (!line_.empty()) line_.front()->wake();
  }
  place_in_line(const place_in_line&) = delete;
  place_in_line& operator=(const place_in_line&) = delete;

  [[nodiscard]] bool first() const { return line_.front() == &who_; }

 private:
  std::deque<sleeper*>& line_;
  sleeper& who_;
};

}  // namespace

bool scrape_gate::open() const {
  return inside_ == 0 || time_.now() >= until_;
}

std::unique_ptr<scrape_gate::lease> scrape_gate::take() {
  inside_ = ++last_number_;
  until_ = time_.now() + longest;
  return std::make_unique<lease>(*this, inside_);
}

void scrape_gate::leave(std::uint64_t number) noexcept {
  if (inside_ != number) return;
  inside_ = 0;
  if (!waiting_.empty()) waiting_.front()->wake();
}

task<std::unique_ptr<scrape_gate::lease>> scrape_gate::enter() {
  if (waiting_.empty() && open()) co_return take();
  const auto alarm = time_.make_sleeper();
  const place_in_line place(waiting_, *alarm);
  const steady_time deadline = time_.now() + patience;
  while (time_.now() < deadline) {
    co_await alarm->sleep_until(place.first() ? std::min(deadline, until_) : deadline);
    if (place.first() && open()) co_return take();
  }
  co_return nullptr;
}

}  // namespace tokensyncd::endpoints
