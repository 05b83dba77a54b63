#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/hook.hpp"
#include "daemon/sync/ports/sink.hpp"
#include "daemon/sync/ports/source.hpp"
#include "daemon/sync/ports/store.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::sync {

/// The services that the engine uses for as long as it lives; all of them must outlive it.
struct dependencies {
  clock& time;
  random_source& rng;
  store& state;
  events& observer;
  const fingerprinter& prints;
};

/// A sink with what delivery must know of it. Shared, because a delivery under way keeps using the
/// one that it began with when a reload replaces it.
struct engine_sink {
  std::string name;
  bool required = true;
  config::on_remove removal = config::on_remove::keep;
  std::shared_ptr<sink> writer;
  std::shared_ptr<hook> on_change{};      ///< run after a change; null: nothing is
  std::chrono::milliseconds debounce{0};  ///< shortest time between two of its starts
};

/// What a configuration makes of the engine, and a reload replaces as a whole. Shared source: see
/// engine_sink.
struct engine_settings {
  std::shared_ptr<source> from;
  std::shared_ptr<verifier> checker{};  ///< whom verify() asks
  bool verify_after = false;            ///< ask it once after each delivered rotation
  unsigned workers = 4;                 ///< questions under way at once, at least 1
  double rate_limit = 20;               ///< per second; 0: no limit
  double jitter = 0.1;                  ///< see config::poll_settings
  std::vector<engine_sink> sinks;       ///< in the order of configuration::sinks
  std::vector<config::workspace_profile> profiles;
  std::vector<config::workspace> workspaces;  ///< sorted by id
  /// False where these are only some of the configured workspaces (`once WORKSPACE`): those that
  /// aren't here haven't left.
  bool whole = true;
  /// Whether the vendor's events are listened to: a rotation that a poll finds was missed then.
  bool expects_events = false;
};

}  // namespace tokensyncd::sync
