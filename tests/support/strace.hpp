#pragma once

#include <string>
#include <vector>

#include "tests/support/daemon.hpp"

namespace tokensyncd::tests {

/// What a program is started below so that strace(1) meddles with its system calls, those of all
/// its threads and children: `options` say how, e.g. {"-e", "inject=accept4:error=EMFILE"}.
/// LeakSanitizer can't trace beside it.
inline std::vector<std::string> below_strace(const std::vector<std::string>& options) {
  std::vector<std::string> all{
      "/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-E", "ASAN_OPTIONS=detect_leaks=0"};
  all.insert(all.end(), options.begin(), options.end());
  return all;
}

/// The same, where the program must be the process that the test has started: strace is its
/// grandchild (-D).
inline std::vector<std::string> below_hidden_strace(const std::vector<std::string>& options) {
  auto all = below_strace(options);
  all.insert(all.begin() + 1, "-D");
  return all;
}

/// Has the calls named `calls` (one name, or several with commas between) go wrong as `how` says,
/// e.g. `error=EMFILE:when=3+` (strace(1), tampering).
inline std::vector<std::string> with_tampered(const std::string& calls, const std::string& how) {
  return below_hidden_strace({"-e", "trace=" + calls, "-e", "inject=" + calls + ":" + how});
}

/// Whether strace can do that here: not in every container.
inline bool can_run(const daemon& one, const std::vector<std::string>& below) {
  return one.command({"--version"}, below).exit_code == 0;
}

}  // namespace tokensyncd::tests
