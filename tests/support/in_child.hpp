#pragma once

#include <cstdio>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace tokensyncd::tests {

inline constexpr int child_passed = 0;
inline constexpr int child_failed = 1;
inline constexpr int child_skipped = 2;

/// Runs `work` (returns one of the above) in a forked child, so that it may change namespaces, ids
/// and limits; returns its exit code, or -1 where a signal ended it.
template <class Work>
int in_child(Work work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = child_failed;
    try {
      code = work();
      if (code == child_passed && testing::Test::HasFailure()) code = child_failed;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace tokensyncd::tests
