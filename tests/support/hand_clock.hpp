#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "daemon/runtime/clock.hpp"

namespace tokensyncd::tests {

/// A clock that a test moves; any number of sleepers wait on `loop`, and no real time passes.
class hand_clock final : public clock {
 public:
  explicit hand_clock(asio::io_context& loop) : loop_(loop) {}

  [[nodiscard]] steady_time now() const noexcept override { return now_; }
  [[nodiscard]] wall_time wall() const noexcept override { return wall_; }
  [[nodiscard]] std::unique_ptr<sleeper> make_sleeper() override {
    return std::make_unique<hand_sleeper>(*this);
  }

  /// Moves both clocks on and wakes who is due; it goes on when the loop runs.
  void advance(std::chrono::milliseconds by) {
    now_ += by;
    wall_ += by;
    for (hand_sleeper* each : sleeping_) {
      if (each->due_ <= now_) each->wake();
    }
  }

  /// How many are asleep.
  [[nodiscard]] std::size_t sleeping() const noexcept { return sleeping_.size(); }

 private:
  using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, executor>;

  struct hand_sleeper final : sleeper {
    explicit hand_sleeper(hand_clock& home) : home_(home), timer_(home.loop_.get_executor()) {}

    task<void> sleep_until(steady_time when) override {
      due_ = when;
      timer_.expires_at(steady_time::max());
      woken_ = when <= home_.now_;
      home_.sleeping_.push_back(this);
      const leaving at_end{*this};
      while (!woken_) {
        try {
          co_await timer_.async_wait(use_task);
        } catch (const boost::system::system_error&) {
          if (!woken_) throw;
        }
      }
    }
    void wake() noexcept override {
      woken_ = true;
      timer_.cancel();
    }

    struct leaving {
      hand_sleeper& who;
      ~leaving() { std::erase(who.home_.sleeping_, &who); }
    };

    hand_clock& home_;
    timer timer_;
    steady_time due_{};
    bool woken_ = false;
  };

  asio::io_context& loop_;
  steady_time now_ = steady_time{std::chrono::hours{1}};
  wall_time wall_ = wall_time{std::chrono::seconds{1'763'000'000}};
  std::vector<hand_sleeper*> sleeping_;
};

}  // namespace tokensyncd::tests
