#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sync {

/// Runs the sinks' hooks until each has seen what its sink holds. A channel each, so a hook that
/// hangs delays neither deliveries nor another sink's hook. For the loop's thread.
class hooks {
 public:
  hooks(dependencies deps, fleet& all, known_tokens& known)
      : deps_(deps), fleet_(all), known_tokens_(known) {}

  /// Serves one sink until it is retired or stop() was called, and its hook has ended.
  task<> serve(std::shared_ptr<sink_channel> l);

  /// Begins nothing new from now on; what runs has to be through at `last`.
  void stop(steady_time last);

 private:
  task<> take_turns(std::shared_ptr<sink_channel> l);
  task<> run(std::shared_ptr<sink_channel> l);
  task<result<void>> run_to_its_end(hook& program, std::span<hook_change> shown,
                                    const token_test& known);
  /// What a run that begins now is to see, by workspace.
  [[nodiscard]] std::vector<hook_change> changes_of(const sink_channel& l) const;
  void mark_seen(sink_channel& l, std::span<const hook_change> shown, std::vector<change>& changes);

  dependencies deps_;
  fleet& fleet_;
  known_tokens& known_tokens_;
  std::set<hook*> running_;
  bool stopping_ = false;
};

}  // namespace tokensyncd::sync
