#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/daemon.hpp"
#include "tests/support/strace.hpp"

namespace tokensyncd::tests {

/// What a program is started below so that writes to a state's log (-wal) take long, as on a disk
/// that hangs: those that `when` names to strace (`1` the first, `1+` all), `delay` each (`60s`).
/// They have to be on a thread that the program writes the state on.
inline std::vector<std::string> with_slow_state(const std::filesystem::path& state,
                                                const std::string& delay, const std::string& when) {
  auto all = with_tampered("pwrite64", "delay_enter=" + delay + ":when=" + when);
  all.insert(all.end(), {"-P", state.string() + "-wal"});
  return all;
}

/// Whether strace can do that here.
inline bool can_slow_down(const daemon& one) {
  return can_run(one, with_slow_state("/nowhere", "1s", "1"));
}

}  // namespace tokensyncd::tests
