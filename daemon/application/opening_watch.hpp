#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "config/values.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd {

/// What ends the wait for a state's disk besides the disk.
struct opening_limits {
  /// A signal to stop ends it; false: signals do what they do without a handler.
  bool obeys_signals = false;
  std::optional<steady_time> last{};  ///< the end of a command's time; none: it has no limit
};

/// Watches, while it lives, a thread that opens the state, because a disk that hangs keeps that one
/// in a system call. After 3 s stderr says what is waited for. The process is left by _exit, with
/// exit_code::os_error and a sentence on stderr, at a second signal to stop, at the first one after
/// these 3 s, and at `last`. A first one before that ends the process when the state is open, as
/// one does that comes before signals::catch_stops().
class opening_watch {
 public:
  /// A state that is kept in memory alone is not watched. Throws std::system_error where a thread
  /// can't be started.
  opening_watch(const config::state_settings& state, opening_limits limits);
  ~opening_watch();
  opening_watch(const opening_watch&) = delete;
  opening_watch& operator=(const opening_watch&) = delete;

 private:
  task<> watch();
  task<> watch_time();
  task<> obey();
  [[noreturn]] void leave(const std::string& why) const;

  std::string file_;
  opening_limits limits_;
  // From here on the watching thread's own.
  asio::io_context loop_{1};
  std::unique_ptr<clock> time_{make_system_clock(loop_)};
  std::optional<signals> signal_requests_;
  task_group watching_{loop_.get_executor()};
  bool is_slow_ = false;
  bool was_asked_ = false;  ///< to stop
  bool is_open_ = false;
  std::thread thread_;
};

}  // namespace tokensyncd
