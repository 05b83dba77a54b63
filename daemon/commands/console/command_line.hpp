#pragma once

#include <string>
#include <variant>

#include "daemon/commands/console/options.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

/// A command to perform.
struct invocation {
  common_options common;
  command_options command;
};

/// A command line that is its own answer: `--help`, `--version` (exit_code::ok, for stdout), or a
/// mistake (exit_code::usage, one sentence for stderr).
struct early_exit {
  exit_code code = exit_code::ok;
  std::string text;
};

/// Reads the command line.
[[nodiscard]] std::variant<invocation, early_exit> parse_command_line(int argc,
                                                                      const char* const* argv);

}  // namespace tokensyncd::commands
