#include "daemon/sinks/vault/server/admission.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace tokensyncd::sinks::vault {

struct admission::waiter {
  waiter(admission& of, importance what_for)
      : of_(of), for_(what_for), sleep(of.time_.make_sleeper()) {
    const auto less_important = [what_for](const waiter* one) { return one->for_ > what_for; };
    const auto before = std::ranges::find_if(of_.waiting_, less_important);
    me_ = of_.waiting_.insert(before, this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    of_.waiting_.erase(me_);
    of_.wake_first();
  }

  admission& of_;
  importance for_;
  std::unique_ptr<sleeper> sleep;
  std::list<waiter*>::iterator me_;
};

admission::permit::permit(permit&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}

admission::permit::~permit() {
  if (of_ == nullptr) return;
  --of_->inside_;
  of_->wake_first();
}

task<std::optional<admission::permit>> admission::enter(importance what_for) {
  waiter me{*this, what_for};
  for (;;) {
    const steady_time now = time_.now();
    if (pace_.is_closed_for_long(now)) co_return std::nullopt;
    const bool is_next = has_room() && waiting_.front() == &me;
    if (is_next && pace_.next() <= now) break;
    co_await me.sleep->sleep_until(is_next ? pace_.next() : steady_time::max());
  }
  ++inside_;
  pace_.sent(time_.now());
  co_return std::optional<permit>{std::in_place, *this};
}

void admission::set_width(unsigned width) {
  width_ = std::max(1U, width);
  wake_first();
}

void admission::admitted() {
  pace_.admitted(time_.now());
}

void admission::refused(std::optional<std::chrono::milliseconds> wait) {
  const steady_time now = time_.now();
  pace_.refused(wait, now);
  if (!pace_.is_closed_for_long(now)) return;
  for (const waiter* each : waiting_) each->sleep->wake();  // they give up
}

void admission::wake_first() noexcept {
  if (!waiting_.empty()) waiting_.front()->sleep->wake();
}

}  // namespace tokensyncd::sinks::vault
