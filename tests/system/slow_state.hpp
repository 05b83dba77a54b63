#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/daemon.hpp"

namespace tokensyncd::tests {

/// What a program is started below so that writes to a state's log (-wal) take long, as on a disk
/// that hangs: those that `when` names to strace (`1` the first, `1+` all), `delay` each (`60s`).
/// They have to be on a thread that the program writes the state on.
inline std::vector<std::string> with_slow_state(const std::filesystem::path& state,
                                                const std::string& delay, const std::string& when) {
  return {"/usr/bin/strace",
          "-D",
          "-f",
          "-qqq",
          "-o",
          "/dev/null",
          "-E",
          "ASAN_OPTIONS=detect_leaks=0",
          "-P",
          state.string() + "-wal",
          "-e",
          "trace=pwrite64",
          "-e",
          "inject=pwrite64:delay_enter=" + delay + ":when=" + when};
}

/// Whether strace can do that here.
inline bool can_slow_down(const daemon& one) {
  return one.command({"--version"}, with_slow_state("/nowhere", "1s", "1")).exit_code == 0;
}

}  // namespace tokensyncd::tests
