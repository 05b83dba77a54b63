#include "daemon/runtime/hardening.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

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
  return std::signal(SIGPIPE, SIG_DFL) == SIG_IGN ? 0 : 4;
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
