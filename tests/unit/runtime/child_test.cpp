#include "daemon/runtime/process/child.hpp"

#include <chrono>
#include <string>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include "tests/unit/runtime/child_fixture.hpp"

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using tests::child_test;
using manner = child_end::manner;

bool lives(pid_t who) {
  return ::kill(who, 0) == 0;
}

TEST_F(child_test, says_with_which_exit_code_a_program_ended) {
  const auto good = run("exit 0");
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->succeeded());
  const auto bad = run("exit 3");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->how, manner::exited);
  EXPECT_EQ(bad->number, 3);
  EXPECT_EQ(describe(*bad, 30s), "ended with exit code 3");
}

TEST_F(child_test, says_which_signal_ended_a_program) {
  const auto end = run("kill -9 $$");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::signalled);
  EXPECT_EQ(end->number, SIGKILL);
  EXPECT_FALSE(end->succeeded());
}

TEST_F(child_test, hands_over_each_line_with_its_stream) {
  ASSERT_TRUE(run("echo one; echo two; echo wrong >&2; printf 'no end'"));
  EXPECT_THAT(out, ElementsAre("one", "two", "no end"));
  EXPECT_THAT(err, ElementsAre("wrong"));
}

TEST_F(child_test, a_program_that_ignores_sigterm_is_killed_after_its_time_limit) {
  auto what = order_of("trap '' TERM; echo ready; while :; do sleep 1; done");
  what.limit = 300ms;
  const auto began = time->now();
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::timed_out);
  EXPECT_EQ(end->number, SIGKILL);
  EXPECT_THAT(out, ElementsAre("ready"));
  EXPECT_GE(time->now() - began, 2s);
  EXPECT_LT(time->now() - began, 8s);
}

TEST_F(child_test, a_program_that_obeys_sigterm_may_tidy_up) {
  auto what = order_of("trap 'echo tidied; exit 0' TERM; sleep 60 & wait");
  what.limit = 300ms;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::timed_out) << "although its exit code was 0";
  EXPECT_FALSE(end->succeeded());
  EXPECT_THAT(out, ElementsAre("tidied"));
}

TEST_F(child_test, the_time_limit_ends_the_whole_process_group) {
  auto what = order_of("sleep 60 & echo $!; wait");
  what.limit = 300ms;
  ASSERT_TRUE(run(std::move(what)));
  ASSERT_EQ(out.size(), 1U);
  const pid_t grandchild = std::stoi(out[0]);
  // It is init's to reap: it may be seen as a zombie for a moment.
  for (int i = 0; i < 200 && lives(grandchild); ++i) ::usleep(10'000);
  EXPECT_FALSE(lives(grandchild));
}

TEST_F(child_test, a_daemon_that_keeps_the_pipes_open_is_not_waited_for) {
  const auto began = time->now();
  const auto end = run("sleep 60 & echo $!; exit 0");
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->succeeded());
  EXPECT_LT(time->now() - began, 10s);
  ASSERT_EQ(out.size(), 1U) << "what was written before the end is there";
  const pid_t heir = std::stoi(out[0]);
  EXPECT_TRUE(lives(heir)) << "what a program leaves behind on purpose stays";
  ::kill(heir, SIGKILL);
}

TEST_F(child_test, a_flood_is_cut) {
  auto what = order_of("yes flood");
  what.limit = 500ms;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::timed_out);
  ASSERT_EQ(out.size(), child_output::most_lines + 1);
  EXPECT_EQ(out[0], "flood");
  EXPECT_EQ(out.back(), "…cut");
}

TEST_F(child_test, a_program_that_writes_a_lot_is_still_let_through_to_its_end) {
  // Half a second at 64 KiB each 10 ms; 7 s if it were one read, 4 KiB.
  auto what = order_of("echo begun; head -c 3000000 /dev/zero | tr '\\0' x; echo; exit 4");
  what.limit = 5s;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::exited);
  EXPECT_EQ(end->number, 4);
  EXPECT_THAT(out, ElementsAre("begun", "…cut"));
}

TEST_F(child_test, binary_output_comes_as_it_is) {
  ASSERT_TRUE(run("printf '\\377\\000\\033[31m'"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0], std::string("\377\0\033[31m", 7));
}

TEST_F(child_test, a_secret_reaches_standard_input_and_nothing_else) {
  const secret token{"canary-3141592653589793"};
  auto what = order_of("cat; tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' '\\n' < /proc/$$/cmdline");
  what.input = &token;
  ASSERT_TRUE(run(std::move(what)));
  std::string all;
  for (const auto& line : out) all += line + "\n";
  EXPECT_THAT(all, testing::StartsWith("canary-3141592653589793"));
  EXPECT_EQ(all.find("canary", 1), std::string::npos);
}

TEST_F(child_test, without_a_secret_standard_input_is_empty) {
  ASSERT_TRUE(run("readlink /proc/self/fd/0; cat"));
  EXPECT_THAT(out, ElementsAre("/dev/null"));
}

TEST_F(child_test, a_program_that_reads_no_input_is_no_hang) {
  const secret huge{std::string(1'000'000, 'x')};
  auto what = order_of("exit 0");
  what.input = &huge;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->succeeded());
}

TEST_F(child_test, a_program_that_closes_its_input_early_is_no_hang) {
  const secret huge{std::string(1'000'000, 'x')};
  auto what = order_of("head -c 3; exec 0<&-; exit 0");
  what.input = &huge;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->succeeded());
  EXPECT_THAT(out, ElementsAre("xxx"));
}

TEST_F(child_test, huge_input_arrives_whole) {
  const secret huge{std::string(1'000'000, 'x')};
  auto what = order_of("sleep 0.1; wc -c");
  what.input = &huge;
  ASSERT_TRUE(run(std::move(what)));
  EXPECT_THAT(out, ElementsAre("1000000"));
}

TEST_F(child_test, a_program_that_never_reads_is_ended_by_its_time_limit) {
  const secret huge{std::string(1'000'000, 'x')};
  auto what = order_of("sleep 60");
  what.input = &huge;
  what.limit = 200ms;
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::timed_out);
}

TEST_F(child_test, leaves_no_zombie) {
  ASSERT_TRUE(run("exit 0"));
  auto slow = order_of("sleep 60");
  slow.limit = 100ms;
  ASSERT_TRUE(run(std::move(slow)));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(child_test, cancelling_kills_the_group_and_reaps) {
  child one{*time, starter, order_of("trap '' TERM; sleep 60")};
  asio::cancellation_signal stop;
  std::exception_ptr how;
  const auto body = [&]() -> task<> { co_await one.run(); };
  asio::co_spawn(
      loop, body(),
      asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { how = e; }));
  const auto stop_soon = [&]() -> task<> {
    const auto pause = time->make_sleeper();
    co_await pause->sleep_until(time->now() + 300ms);
    stop.emit(asio::cancellation_type::terminal);
  };
  const auto began = time->now();
  tests::run_task(loop, stop_soon());
  EXPECT_TRUE(how) << "cancelled";
  EXPECT_LT(time->now() - began, 2s) << "nothing is waited for";
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(child_test, who_has_run_one_can_still_be_cancelled) {
  asio::cancellation_signal stop;
  std::exception_ptr how;
  const auto pause = time->make_sleeper();
  const auto body = [&]() -> task<> {
    child one{*time, starter, order_of("exit 0")};
    (void)co_await one.run();
    const auto emit = [&stop] { stop.emit(asio::cancellation_type::terminal); };
    asio::post(loop, emit);
    co_await pause->sleep_until(time->now() + 5s);
  };
  asio::co_spawn(
      loop, body(),
      asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { how = e; }));
  const auto began = time->now();
  loop.run();
  EXPECT_TRUE(how) << "cancelled";
  EXPECT_LT(time->now() - began, 4s);
}

TEST_F(child_test, one_that_survives_sigkill_is_given_up) {
  // It has left for another group, which stands for what no signal of ours reaches.
  auto what = order_of(
      "exec perl -e '$| = 1; my $heir = fork; if (!$heir) { setpgrp(0, 0); sleep 20; exit }"
      " select(undef, undef, undef, 0.01) while getpgrp($heir) != $heir; setpgrp(0, $heir);"
      " print \"$$\\n\"; sleep 20'");
  what.limit = 1s;
  const auto began = time->now();
  const auto end = run(std::move(what));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::timed_out);
  EXPECT_LT(time->now() - began, 15s);
  ASSERT_EQ(out.size(), 1U);
  const pid_t survivor = std::stoi(out[0]);
  EXPECT_TRUE(lives(survivor));
  ::kill(-::getpgid(survivor), SIGKILL);
  EXPECT_EQ(::waitpid(survivor, nullptr, 0), survivor);
}

TEST_F(child_test, one_that_is_to_end_earlier_is_stopped_then) {
  child one{*time, starter, order_of("sleep 60")};
  const auto stop_soon = [&]() -> task<> {
    one.end_by(time->now() + 200ms);
    co_return;
  };
  asio::co_spawn(loop, stop_soon(), [](const std::exception_ptr&) {});
  const auto end = tests::run_task(loop, one.run());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->how, manner::stopped);
}

}  // namespace
}  // namespace tokensyncd
