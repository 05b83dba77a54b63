#pragma once

#include <stdexcept>
#include <string>

namespace tokensyncd {

/// How the program ends; those from 64 on are sysexits.h's.
enum class exit_code : int {
  ok = 0,
  no = 1,            ///< not everything in sync; trouble that isn't one of the others
  changes = 2,       ///< `plan`: the next round would change something
  usage = 64,        ///< the command line can't be understood
  unavailable = 69,  ///< no daemon is running
  os_error = 71,     ///< can't bind, can't open, couldn't save the state at the end
  busy = 75,         ///< another process holds the state
  bad_config = 78,   ///< the configuration has errors
};

/// A command can't begin, or can't go on: its exit code, and one sentence (or several lines, for a
/// configuration's errors) for stderr that says what is wrong and what to do. For any thread.
class command_failed : public std::runtime_error {
 public:
  command_failed(exit_code code, const std::string& sentence)
      : std::runtime_error(sentence), code_(code) {}

  [[nodiscard]] exit_code code() const noexcept { return code_; }

 private:
  exit_code code_;
};

}  // namespace tokensyncd
