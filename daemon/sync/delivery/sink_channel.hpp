#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/delivery_queue.hpp"
#include "daemon/sync/delivery/hook_runner.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sync {

/// One sink with its delivery queue, its hook and its look for drift. Shared with the coroutines
/// that serve it, which may outlast a reload. A sink that stays in the configuration keeps its
/// channel over a reload; `what` is replaced. For the loop's thread.
struct sink_channel {
  sink_channel(const dependencies& deps, fleet& all, known_tokens& known)
      : sleep(deps.time.make_sleeper()),
        look(deps.time.make_sleeper()),
        hook(deps, all, known, *this) {}
  sink_channel(const sink_channel&) = delete;
  sink_channel& operator=(const sink_channel&) = delete;

  engine_sink what{};
  delivery_queue queue{};
  std::unique_ptr<sleeper> sleep;  ///< of the coroutine that serves the queue
  std::unique_ptr<sleeper> look;   ///< of the coroutine that looks for drift
  bool look_now = false;           ///< asked for; stays while a look is under way
  /// Deliveries under way, by sink and workspace; true: another one is wanted after it.
  std::map<std::pair<const sink*, std::string>, bool> under_way{};
  bool retired = false;  ///< left with a reload: ends when what is in flight has ended
  hook_runner hook;

  /// Has it looked at now, and not only when its time has come.
  void ask_for_look() {
    look_now = true;
    look->wake();
  }

  /// Whether looking costs next to nothing, so that it is done often, and before the first checks.
  [[nodiscard]] bool is_quick_to_look_at() const {
    return what.writer->inspect_interval() == std::chrono::milliseconds{0};
  }
};

}  // namespace tokensyncd::sync
