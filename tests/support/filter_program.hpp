#pragma once

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>

#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// What a program said, both streams together, and how it ended.
struct program_result {
  int exit_code = -1;
  std::string output;
};

/// Runs `command` (for the shell) with `input` on its standard input.
inline program_result filter_program(const std::string& command, const std::string& input) {
  const temporary_directory home;
  const auto in = home / "input";
  const auto out = home / "output";
  std::ofstream(in) << input;
  const std::string line = command + " < " + in.string() + " > " + out.string() + " 2>&1";
  const int status = std::system(line.c_str());
  std::ifstream said(out);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          std::string{std::istreambuf_iterator<char>(said), {}}};
}

}  // namespace tokensyncd::tests
