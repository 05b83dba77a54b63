#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/delivery/drift.hpp"
#include "daemon/sync/delivery/hook_runner.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/sink.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

/// Starts the fleet's channels, exchanges them at a reload, and passes on what sinks report by
/// themselves. For the loop's thread.
class channel_set {
 public:
  /// `report_fault` hears of an exception in a task of a channel. All others must outlive this.
  channel_set(dependencies deps, fleet& all, delivery& out, drift& looks, known_tokens& known,
              hook_runners& programs, sink_tasks& tending, run_tasks& tasks,
              std::function<void(const failure&)> report_fault);

  /// The channels for `sinks`, in their order. A channel of the fleet goes on under the sink with
  /// the same writer, else under the one of the same name; the other sinks get new ones. Changes
  /// the settings of those that go on.
  [[nodiscard]] std::vector<std::shared_ptr<sink_channel>> make(std::vector<engine_sink> sinks);

  /// Starts all channels; once run() has begun.
  void start();

  /// While run() runs, the fleet's channels have replaced `old`: retires those that left, and
  /// starts those that came.
  void exchange(const std::vector<std::shared_ptr<sink_channel>>& old);

  /// Has each sink ask its system again that was waiting for an operator or a new configuration,
  /// and each hook that failed run again.
  void ask_anew(anew why);

 private:
  void listen();
  void hear(const sink& who, sink_news what);
  void start(const std::shared_ptr<sink_channel>& l);

  dependencies deps_;
  fleet& fleet_;
  delivery& delivery_;
  drift& drift_;
  known_tokens& known_tokens_;
  hook_runners& hooks_;
  sink_tasks& sink_tasks_;
  run_tasks& tasks_;
  std::function<void(const failure&)> report_fault_;
};

}  // namespace tokensyncd::sync
