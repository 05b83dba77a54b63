#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config/values.hpp"
#include "daemon/application/factories.hpp"
#include "daemon/application/opened_state.hpp"
#include "daemon/application/opening_watch.hpp"
#include "daemon/application/sink_set.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "daemon/sinks/writer_identity.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/telemetry/audit/audit.hpp"
#include "daemon/telemetry/change_notifier.hpp"
#include "daemon/telemetry/observer.hpp"
#include "daemon/telemetry/summary.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd {

/// How a command wants it.
struct services_options {
  std::optional<config::log_level> level{};  ///< instead of the configuration's
  bool spread = true;                        ///< see sync::engine
  bool whole = true;                         ///< see sync::engine_settings
  std::function<void()> on_change{};         ///< after each event of the engine; empty: nobody asks
  /// Whether `partner.verify` applies: not to a command that exits before the answer arrives.
  bool verifies = true;
  opening_limits opening{};  ///< of the state
  bool shares_line = false;  ///< see log_options::clears_line
};

/// What the engine, the source and the sinks share. For the loop's thread; `system` for any.
struct shared_tools {
  /// `key`: of the fingerprints; `names`: of the names of temporary files. `time` must outlive it.
  shared_tools(const installation_key& key, const installation_key& names, clock& time);

  std::unique_ptr<random_source> rng;
  fingerprinter prints;
  sinks::system_calls system;
  sinks::writer_identity identity;
  sinks::vault::unwrapped_secrets unwrapped;
};

/// Everything that brings tokens to their places, in the order in which it is built: what `run`,
/// `once` and `plan` have in common. `loop` and `time` must outlive it. For the loop's thread.
class services {
 public:
  /// Opens the state (and keeps its lock) and takes over what it remembers. Throws command_failed:
  /// `busy` when another process holds the state, `os_error` when it can't be opened, `bad_config`
  /// when the source or a sink can't be made as configured.
  services(asio::io_context& loop, clock& time, const config::configuration& settings,
           services_options options);

  /// Replaces what a reload may replace; a sink whose settings are the same goes on. Throws
  /// std::runtime_error, and changes nothing, when that can't be made.
  void apply(const config::configuration& settings);

  /// Has the Partner Secret's files read again; what is wrong with them is logged, and another
  /// secret is tried at once.
  task<> look_at_secrets();

  /// Looks whether the state is still what was stored, and puts right what can be; trouble is
  /// logged and counted.
  task<> look_at_state();

  /// Whether the engine ended, or is left, with changes of the state that aren't saved; logs what
  /// that means for the next start.
  bool tell_unsaved();

  /// The Partner API as it is asked now; a reload replaces it.
  [[nodiscard]] std::shared_ptr<source::partner_source> api() const noexcept { return made_.api; }

  /// What stops no delivery but must be seen.
  [[nodiscard]] telemetry::side_trouble trouble() const;

 private:
  /// Made as configured; a reload replaces them.
  struct made_parts {
    std::shared_ptr<source::partner_source> api;
    std::vector<made_sink> sinks;
  };

  std::optional<config::log_level> level_;

 public:
  logger log;
  metrics::daemon_metrics metrics;
  telemetry::audit audit;
  telemetry::observer observer;

 private:
  telemetry::change_notifier relay_;
  opened_state state_;
  shared_tools tools_;
  factory_context world_;
  made_parts made_;

 public:
  sync::engine engine;
};

}  // namespace tokensyncd
