#include "daemon/runtime/process/signals.hpp"

#include <csignal>
#include <optional>
#include <vector>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/runtime/process/hardening.hpp"

namespace {

using namespace tokensyncd;

/// What a process on a terminal of its own takes the next signal for, as its exit code.
[[noreturn]] void end_with_next_request() {
  reset_inherited_signals();
  asio::io_context loop;
  signals from{loop};
  std::optional<signal_request> asked;
  const auto listen = [&]() -> task<> { asked = co_await from.next(); };
  asio::co_spawn(loop.get_executor(), listen(), [](const std::exception_ptr&) {});
  [[maybe_unused]] const auto said = ::write(STDOUT_FILENO, "x", 1);
  loop.run();
  ::_exit(asked ? static_cast<int>(*asked) : 99);
}

/// The exit code of the above when its terminal is closed.
int taken_for(void (*before)()) {
  int screen = -1;
  const pid_t child = ::forkpty(&screen, nullptr, nullptr, nullptr);
  if (child == 0) {
    before();
    end_with_next_request();
  }
  char ready = 0;
  EXPECT_EQ(::read(screen, &ready, 1), 1);
  ::close(screen);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(signals, a_terminal_that_is_closed_ends_what_was_started_on_it) {
  EXPECT_EQ(taken_for([] {}), static_cast<int>(signal_request::stop));
}

TEST(signals, nohup_keeps_it_running_without_its_terminal) {
  const auto as_nohup_does = [] { std::signal(SIGHUP, SIG_IGN); };
  EXPECT_EQ(taken_for(as_nohup_does), static_cast<int>(signal_request::reload));
}

TEST(signals, each_signal_is_the_wish_that_it_stands_for) {
  asio::io_context loop;
  signals from{loop};
  from.catch_stops();
  std::vector<signal_request> signal_requests;
  const auto listen = [&]() -> task<> {
    for (const int number : {SIGHUP, SIGUSR1, SIGTERM, SIGINT}) {
      std::raise(number);
      signal_requests.push_back(co_await from.next());
    }
  };
  asio::co_spawn(loop.get_executor(), listen(), [](std::exception_ptr error) {
    if (error) {
      std::rethrow_exception(error);
    }
  });
  loop.run();
  EXPECT_THAT(signal_requests,
              testing::ElementsAre(signal_request::reload, signal_request::sync_all,
                                   signal_request::stop, signal_request::stop));
}

}  // namespace
