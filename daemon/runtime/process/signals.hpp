#pragma once

#include <cstdint>

#include <boost/asio/basic_signal_set.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// What an operator asks for by a signal.
enum class signal_request : std::uint8_t {
  stop,      ///< SIGTERM, SIGINT; SIGHUP because the terminal was closed
  reload,    ///< SIGHUP
  sync_all,  ///< SIGUSR1
};

/// The signals that the daemon obeys: one that is caught before anybody waits is kept. For the
/// loop's thread. A process that was started on a terminal, and not by nohup(1), gets SIGHUP when
/// the terminal is closed as well (termios(3)): it is told from one that asks for a reload by the
/// terminal that is gone.
class signals {
 public:
  /// Catches those that ask for work from now on, also those that reset_inherited_signals() has
  /// held back. SIGTERM and SIGINT still end the process at once, by themselves: at a start that a
  /// file system holds up there is nothing to finish, and nobody who could.
  explicit signals(asio::io_context& loop);

  /// Catches SIGTERM and SIGINT too, once what they end has been made.
  void catch_stops();

  /// Waits for the next one. One waiter at a time. Throws system_error(operation_aborted) when
  /// cancelled.
  task<signal_request> next();

 private:
  asio::basic_signal_set<executor> set_;
  const bool began_on_terminal_;  ///< and is to end with it
};

}  // namespace tokensyncd
