#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

#include "tests/system/slow_state.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

using namespace std::chrono_literals;

constexpr const char* long_save = "20s";

class signals_test : public system_test {
 protected:
  /// Rotates, and returns when the daemon's question is being held back.
  void ask_and_hold() {
    api_.when("acme").held();
    api_.rotate("acme");
    sync("acme");
    ASSERT_TRUE(eventually([this] { return api_.held() == 1; }));
  }

  /// Leaves the daemon with a save under way that lasts longer than anybody waits for it; false
  /// where that can't be had. A process that ends meanwhile is gone only when strace lets go of it.
  bool make_a_save_last() {
    EXPECT_EQ(daemon_.stop(), 0);
    if (!can_slow_down(daemon_)) return false;
    daemon_.start(with_slow_state(daemon_.directory() / "state.db", long_save, "1+"));
    api_.rotate("acme");
    sync("acme");
    return is_delivered("acme");
  }

  /// Whether the run that has ended, or runs, said so.
  [[nodiscard]] bool said(const std::string& event) {
    return daemon_.running().errors().find(event) != std::string::npos;
  }
};

TEST_F(signals_test, sigterm_and_sigint_end_it_with_0_and_say_so) {
  for (const int number : {SIGTERM, SIGINT}) {
    daemon_.start();
    daemon_.running().signal(number);
    EXPECT_EQ(daemon_.running().wait(), 0) << number;
    EXPECT_TRUE(said("daemon.stopped")) << number;
    EXPECT_FALSE(std::filesystem::exists(daemon_.socket())) << number;
  }
}

TEST_F(signals_test, sigusr1_checks_every_workspace_now) {
  api_.rotate("acme");
  daemon_.running().signal(SIGUSR1);
  EXPECT_TRUE(is_delivered("acme"));
}

TEST_F(signals_test, a_request_from_before_the_start_is_obeyed_and_ends_nobody) {
  EXPECT_EQ(daemon_.stop(), 0);
  const std::string pending =
      "import os, signal as s, sys\n"
      "s.pthread_sigmask(s.SIG_BLOCK, [s.SIGHUP, s.SIGUSR1])\n"
      "os.kill(os.getpid(), s.SIGHUP)\n"
      "os.kill(os.getpid(), s.SIGUSR1)\n"
      "os.execv(sys.argv[1], sys.argv[1:])\n";
  api_.rotate("acme");
  daemon_.start({"/usr/bin/python3", "-c", pending});
  daemon_.running().wait_for_line("config.reloaded");
  EXPECT_TRUE(is_delivered("acme"));
}

TEST_F(signals_test, sighup_brings_back_a_control_socket_that_was_deleted) {
  std::filesystem::remove(daemon_.socket());
  daemon_.running().signal(SIGHUP);
  daemon_.running().wait_for_line("the daemon listens on it again");
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
}

TEST_F(signals_test, a_stop_does_not_wait_for_an_answer_and_the_next_run_brings_the_token) {
  const auto old_token = daemon_.delivered("acme");
  ask_and_hold();
  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(said("daemon.stopped"));
  EXPECT_FALSE(said("daemon.left"));
  EXPECT_EQ(daemon_.delivered("acme"), old_token);

  api_.clear_faults();
  api_.release();
  daemon_.start();
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(daemon_.status("acme").at("generation").as_int64(), 2);
}

TEST_F(signals_test, a_stop_that_waits_for_a_save_ends_after_ten_seconds_all_the_same) {
  if (!make_a_save_last()) GTEST_SKIP() << "strace can't delay calls here";
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("daemon.left");
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(said("state.unsaved"));
  EXPECT_FALSE(said("daemon.stopped"));
}

TEST_F(signals_test, a_second_signal_does_not_wait_for_what_is_in_flight) {
  if (!make_a_save_last()) GTEST_SKIP() << "strace can't delay calls here";
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("daemon.stopping");
  const auto again = std::chrono::steady_clock::now();
  daemon_.running().signal(SIGINT);
  daemon_.running().wait_for_line("daemon.left");
  EXPECT_LT(std::chrono::steady_clock::now() - again, 4s);
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(daemon_.says("state.unsaved"));
}

TEST_F(signals_test, once_too_leaves_at_a_second_signal_and_does_not_say_that_all_is_well) {
  EXPECT_EQ(daemon_.stop(), 0);
  if (!can_slow_down(daemon_)) GTEST_SKIP() << "strace can't delay calls here";
  api_.rotate("acme");
  daemon_.launch(with_slow_state(daemon_.directory() / "state.db", long_save, "1+"), {"once"});
  daemon_.running().wait_for_line("source.checked");  // and its save begins
  const auto began = std::chrono::steady_clock::now();
  daemon_.running().signal(SIGINT);
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("stopped before every token was known to be delivered");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
  EXPECT_EQ(daemon_.running().wait(), 1);
}

/// A state that isn't there yet, so that its first write is made to open it.
class an_opening_that_hangs : public signals_test {
 protected:
  bool begin(const std::vector<std::string>& words, const std::string& delay = long_save) {
    EXPECT_EQ(daemon_.stop(), 0);
    if (!can_slow_down(daemon_)) return false;
    auto options = daemon_.options();
    options.state = "{type: sqlite, file: fresh.db}";
    daemon_.configure(options);
    daemon_.launch(with_slow_state(daemon_.directory() / "fresh.db", delay, "1"), words);
    return true;
  }
  /// Whether the program itself, and no longer strace before it, catches both.
  bool catches_signals() {
    const std::filesystem::path of = "/proc/" + std::to_string(daemon_.running().id());
    if (read_if_there(of / "comm") != "tokensyncd\n") return false;
    const std::string status = read_if_there(of / "status");
    const std::string key = "SigCgt:\t";
    const auto at = status.find(key);
    if (at == std::string::npos) return false;
    const auto caught = std::stoull(status.substr(at + key.size()), nullptr, 16);
    const auto both = (1ULL << (SIGINT - 1)) | (1ULL << (SIGTERM - 1));
    return (caught & both) == both;
  }
  void wait_until_it_is_said() {
    daemon_.running().wait_for_line("waiting for the state file");
    EXPECT_TRUE(said("fresh.db: its disk hangs or is very slow"));
  }
};

TEST_F(an_opening_that_hangs, is_told_and_ended_by_a_signal) {
  if (!begin({"run"})) GTEST_SKIP() << "strace can't delay calls here";
  wait_until_it_is_said();
  daemon_.running().signal(SIGINT);
  daemon_.running().wait_for_line("stopped by a signal before the state file");
  EXPECT_EQ(daemon_.running().wait(), 71);
  EXPECT_FALSE(said("daemon.started"));
}

TEST_F(an_opening_that_hangs, is_told_and_ended_by_a_signal_in_once_too) {
  if (!begin({"once"})) GTEST_SKIP() << "strace can't delay calls here";
  wait_until_it_is_said();
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("stopped by a signal before the state file");
  EXPECT_EQ(daemon_.running().wait(), 71);
}

TEST_F(an_opening_that_hangs, is_ended_by_a_second_signal_before_it_is_called_slow) {
  if (!begin({"run"})) GTEST_SKIP() << "strace can't delay calls here";
  ASSERT_TRUE(eventually([this] { return catches_signals(); }));
  daemon_.running().signal(SIGINT);
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("stopped by a second signal before the state file");
  EXPECT_EQ(daemon_.running().wait(), 71);
}

TEST_F(an_opening_that_hangs, is_ended_by_the_timeout_of_once) {
  if (!begin({"once", "--timeout", "1s"})) GTEST_SKIP() << "strace can't delay calls here";
  daemon_.running().wait_for_line("the time limit passed before the state file");
  EXPECT_EQ(daemon_.running().wait(), 71);
}

TEST_F(an_opening_that_hangs, is_told_by_plan_and_goes_on) {
  if (!begin({"plan"}, "8s")) GTEST_SKIP() << "strace can't delay calls here";
  wait_until_it_is_said();
  EXPECT_NE(daemon_.running().wait(), 71);
}

}  // namespace
}  // namespace tokensyncd::tests
