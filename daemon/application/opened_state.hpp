#pragma once

#include <functional>

#include "config/values.hpp"
#include "daemon/application/opening_watch.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/store/open.hpp"
#include "daemon/store/store_health.hpp"

namespace tokensyncd {

/// The state of the installation, opened and locked, and the store that the engine saves to. For
/// the loop's thread.
struct opened_state {
  /// Opens the state as configured, and logs a notice where a damaged one was replaced.
  /// `on_change`: see store_health. Throws command_failed: `busy` when another process holds the
  /// state, `os_error` when it can't be opened. `loop` and `time` must outlive it.
  opened_state(asio::io_context& loop, clock& time, const config::state_settings& settings,
               opening_limits limits, logger& log, std::function<void()> on_change);

  store::opened opened;
  store::store_health watched;
};

}  // namespace tokensyncd
