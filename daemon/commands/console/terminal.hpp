#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <signal.h>
#include <termios.h>

#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd::commands {

/// How many columns standard output has; none where it is no terminal, or doesn't say.
[[nodiscard]] std::optional<std::size_t> columns_of_output();

/// The terminal of standard output, taken over: the alternate screen, keys without an echo. What
/// was there is there again at the end, also after SIGINT, SIGTERM and SIGHUP, which are blocked
/// while it lives. One at a time. See man 3 termios, man 4 console_codes.
class terminal {
 public:
  struct extent {
    std::size_t rows = 24;
    std::size_t columns = 80;
  };
  enum class event { time_passed, resized, quit };

  terminal();
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  /// What the terminal says now; 24 × 80 where it says nothing.
  [[nodiscard]] extent size() const;

  /// Shows `text` from the top left corner on, cut to size(); the rest of the screen is empty.
  void draw(std::string_view text) const;

  /// Waits for `q`, a signal (as Ctrl-C sends one), or `limit`.
  [[nodiscard]] event wait(std::chrono::milliseconds limit) const;

 private:
  termios before_{};
  bool has_keys_ = false;  ///< standard input is a terminal
  owned_fd signals_;
};

}  // namespace tokensyncd::commands
