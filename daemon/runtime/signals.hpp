#pragma once

#include <cstdint>

#include <boost/asio/basic_signal_set.hpp>

#include "daemon/runtime/async.hpp"

namespace tokensyncd {

/// What an operator asks for by a signal.
enum class wish : std::uint8_t {
  stop,      ///< SIGTERM, SIGINT
  reload,    ///< SIGHUP
  sync_all,  ///< SIGUSR1
};

/// The signals that the daemon obeys, caught from construction on: one that comes before anybody
/// waits is kept.
class signals {
 public:
  explicit signals(asio::io_context& loop);

  /// Waits for the next one. One waiter at a time. Throws system_error(operation_aborted) when
  /// cancelled.
  task<wish> next();

 private:
  asio::basic_signal_set<executor> set_;
};

}  // namespace tokensyncd
