#include "tests/support/manual_clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace tokensyncd::support {

using namespace std::chrono_literals;

class manual_clock::manual_sleeper final : public sleeper {
 public:
  explicit manual_sleeper(manual_clock& owner)
      : owner_(owner), timer_(owner.loop_, steady_time::max()) {
    owner_.sleepers_.push_back(this);
  }
  ~manual_sleeper() override { std::erase(owner_.sleepers_, this); }
  manual_sleeper(const manual_sleeper&) = delete;
  manual_sleeper& operator=(const manual_sleeper&) = delete;

  task<void> sleep_until(steady_time when) override {
    if (when > owner_.now_) {
      until_ = when;
      co_await timer_.async_wait(asio::as_tuple(use_task));
      until_.reset();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  void wake() noexcept override { timer_.cancel(); }

  [[nodiscard]] std::optional<steady_time> until() const { return until_; }

 private:
  manual_clock& owner_;
  std::optional<steady_time> until_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, executor>
      timer_;
};

manual_clock::manual_clock(asio::io_context& loop)
    : loop_(loop),
      now_(1000h),
      start_(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}),
      origin_(now_) {}
manual_clock::~manual_clock() = default;

wall_time manual_clock::wall() const noexcept {
  return start_ + std::chrono::floor<std::chrono::microseconds>(now_ - origin_);
}

std::unique_ptr<sleeper> manual_clock::make_sleeper() {
  return std::make_unique<manual_sleeper>(*this);
}

void manual_clock::settle() {
  loop_.restart();
  loop_.poll();
  if (on_step) on_step();
}

void manual_clock::run_for(std::chrono::nanoseconds span) {
  const steady_time end = now_ + span;
  for (;;) {
    settle();
    steady_time first = end;
    for (const auto* each : sleepers_) {
      if (each->until()) first = std::min(first, std::max(now_, *each->until()));
    }
    now_ = first;
    bool woke = false;
    for (auto* each : sleepers_) {
      if (!each->until() || *each->until() > now_) continue;
      each->wake();
      ++wake_ups_;
      woke = true;
    }
    if (!woke && now_ >= end) return;
  }
}

}  // namespace tokensyncd::support
