#include "daemon/application/status_notifier.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace tokensyncd;

/// A clock that a test moves, for one sleeper.
class hand_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return now_; }
  [[nodiscard]] wall_time wall() const noexcept override { return {}; }
  [[nodiscard]] std::unique_ptr<sleeper> make_sleeper() override {
    return std::make_unique<hand_sleeper>(*this);
  }

  /// Moves on, and ends the sleep when its time has come.
  void move_to(std::chrono::milliseconds since_start) {
    now_ = steady_time{since_start};
    if (due_ && *due_ <= now_) {
      timer_->cancel();
    }
  }

  /// For when the sleeper sleeps; none where it isn't asleep.
  std::optional<steady_time> due_;

 private:
  using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, executor>;

  class hand_sleeper final : public sleeper {
   public:
    explicit hand_sleeper(hand_clock& home) : home_(home) {}
    task<void> sleep_until(steady_time when) override {
      timer never{co_await asio::this_coro::executor, steady_time::max()};
      home_.timer_ = &never;
      home_.due_ = when;
      co_await never.async_wait(asio::as_tuple(use_task));
      home_.due_.reset();
      home_.timer_ = nullptr;
    }
    void wake() noexcept override {
      if (home_.timer_ != nullptr) {
        home_.timer_->cancel();
      }
    }

   private:
    hand_clock& home_;
  };

  steady_time now_{};
  timer* timer_ = nullptr;
};

/// An status_notifier whose sentences are kept instead of sent.
class announcements : public testing::Test {
 protected:
  void start() {
    asio::co_spawn(loop_.get_executor(), status_notifier_.run(),
                   asio::bind_cancellation_slot(stop_.slot(), [](const std::exception_ptr&) {}));
    loop_.poll();
  }

  ~announcements() override {
    stop_.emit(asio::cancellation_type::terminal);
    clock_.move_to(1h);
    loop_.poll();
  }

  void happens() {
    status_notifier_.changed();
    loop_.poll();
  }

  void moves_to(std::chrono::milliseconds when) {
    clock_.move_to(when);
    loop_.poll();
  }

  asio::io_context loop_;
  hand_clock clock_;
  service_manager manager_;
  int looks_ = 0;
  status_notifier status_notifier_{clock_, manager_, [this] {
                                     ++looks_;
                                     return std::string{"a sentence"};
                                   }};
  asio::cancellation_signal stop_;
};

TEST_F(announcements, the_first_sentence_comes_at_once) {
  start();
  EXPECT_EQ(looks_, 1);
}

TEST_F(announcements, with_nothing_new_nothing_wakes_it) {
  start();
  moves_to(10min);
  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(clock_.due_, steady_time::max());
}

TEST_F(announcements, what_happens_later_is_looked_at_at_once) {
  start();
  moves_to(5s);
  happens();
  EXPECT_EQ(looks_, 2);
}

TEST_F(announcements, a_storm_is_looked_at_once_a_second) {
  start();
  for (int i = 0; i != 100; ++i) {
    happens();
  }
  EXPECT_EQ(looks_, 1);
  moves_to(999ms);
  EXPECT_EQ(looks_, 1);
  moves_to(1s);
  EXPECT_EQ(looks_, 2);
  moves_to(2s);
  EXPECT_EQ(looks_, 2);
}

/// A manager that doesn't read, and has no room for more.
class deaf_manager {
 public:
  deaf_manager() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    // In the abstract namespace, where the kernel picks a free name for an empty one.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    std::string name(address.sun_path, size - sizeof(sa_family_t));
    name.front() = '@';
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    service_manager filler;
    for (int i = 0; !filler.has_unsent(); ++i) {
      filler.status(std::to_string(i));
    }
  }
  ~deaf_manager() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
  }
  deaf_manager(const deaf_manager&) = delete;
  deaf_manager& operator=(const deaf_manager&) = delete;

  /// The last message that came; empties the queue.
  std::string last() {
    std::string found;
    for (std::array<char, 512> bytes{};;) {
      const auto size = recv(socket_, bytes.data(), bytes.size(), 0);
      if (size < 0) return found;
      found.assign(bytes.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  int socket_;
};

TEST_F(announcements, what_had_no_room_is_sent_a_second_later_although_nothing_happens) {
  deaf_manager systemd;
  manager_ = service_manager{};
  start();
  EXPECT_EQ(clock_.due_, steady_time{1s});
  moves_to(1s);
  EXPECT_EQ(clock_.due_, steady_time{2s}) << "there is still no room";
  static_cast<void>(systemd.last());
  moves_to(2s);
  EXPECT_EQ(systemd.last(), "STATUS=a sentence");
  EXPECT_EQ(clock_.due_, steady_time::max());
}

TEST_F(announcements, a_step_that_had_no_room_is_sent_a_second_later) {
  deaf_manager systemd;
  manager_ = service_manager{};
  start();
  moves_to(1s);
  manager_.ready();
  happens();
  static_cast<void>(systemd.last());
  manager_.status("a sentence");
  static_cast<void>(systemd.last());
  moves_to(2s);
  EXPECT_EQ(systemd.last(), "READY=1");
  EXPECT_EQ(clock_.due_, steady_time::max());
}

}  // namespace
