#pragma once

#include <stdexcept>
#include <string>

namespace tokensyncd {

/// How the program ends; those from 64 on are sysexits.h's.
enum class exit_code : int {
  ok = 0,
  no = 1,            ///< not everything is in sync, or an error that none of the others names
  changes = 2,       ///< `plan`: the next round would change something
  usage = 64,        ///< the command line can't be understood
  unavailable = 69,  ///< no daemon is running
  os_error = 71,     ///< the program cannot bind an address, or open or restore its state
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
