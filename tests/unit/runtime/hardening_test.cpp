#include "daemon/runtime/process/hardening.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/in_child.hpp"

namespace {

/// In a child, as hardening lasts as long as its process.
int hardened_child() {
  tokensyncd::harden_process();
  rlimit core{};
  getrlimit(RLIMIT_CORE, &core);
  if (core.rlim_cur != 0 || core.rlim_max != 0) {
    return 1;
  }
  if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return 2;
  }
  if (umask(0) != 077) {
    return 3;
  }
  if (std::signal(SIGPIPE, SIG_DFL) != SIG_IGN) {
    return 4;
  }
  return std::signal(SIGXFSZ, SIG_DFL) == SIG_IGN ? 0 : 5;
}

/// What a parent leaves to its child over exec.
int child_of_an_odd_parent() {
  std::signal(SIGCHLD, SIG_IGN);
  std::signal(SIGUSR1, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  tokensyncd::reset_inherited_signals();
  sigset_t left;
  sigprocmask(SIG_SETMASK, nullptr, &left);
  for (int number = 1; number < 32; ++number) {
    const bool asks_for_work = number == SIGHUP || number == SIGUSR1;
    if ((sigismember(&left, number) != 0) != asks_for_work) {
      return 1;
    }
  }
  tokensyncd::release_requests();
  sigprocmask(SIG_SETMASK, nullptr, &left);
  if (sigismember(&left, SIGHUP) != 0 || sigismember(&left, SIGUSR1) != 0) {
    return 3;
  }
  const bool as_usual =
      std::signal(SIGCHLD, SIG_DFL) == SIG_DFL && std::signal(SIGUSR1, SIG_DFL) == SIG_DFL;
  return as_usual ? 0 : 2;
}

TEST(signals_of_the_parent,
     are_neither_blocked_nor_ignored_but_for_two_that_wait_for_their_handlers) {
  EXPECT_EQ(tokensyncd::tests::in_child(child_of_an_odd_parent), 0);
}

TEST(hardening, leaves_no_core_no_attaching_no_wide_files_and_no_death_by_pipe) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    _exit(hardened_child());
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
