#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/status.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

/// Reads the state of the fleet for probes, metrics and commands; changes nothing but its own
/// memory of the start. For the loop's thread.
class status_reader {
 public:
  /// Counts as the start of the daemon. All of these must outlive this.
  status_reader(clock& time, const fleet& all, const dispatcher& plan, const event_tracker& tracker,
                const delivery& out, const run_tasks& tasks);

  /// See status_view::fleet(), ready(), next() and find().
  [[nodiscard]] fleet_status status() const;
  [[nodiscard]] readiness ready(std::chrono::milliseconds grace, std::string_view only) const;
  bool next(std::string_view after, workspace_status& out) const;
  bool find(std::string_view id, workspace_status& out) const;

  /// A reload is to follow: if the daemon has started by now it stays so, because a workspace that
  /// is added later does not make it unready at once.
  void remember_start();

  /// See engine::unattended().
  [[nodiscard]] std::vector<std::string> unattended() const;

 private:
  void describe(std::uint32_t slot, workspace_status& out) const;
  [[nodiscard]] std::string_view last_error_of(const record& r, std::uint32_t slot) const;
  [[nodiscard]] sink_status describe_sink(const record& r, std::uint32_t slot, std::size_t k) const;
  [[nodiscard]] wall_time wall_of(steady_time when) const;
  [[nodiscard]] sink_totals describe_channel(const sink_channel& l) const;
  void count_workspaces(fleet_status& out, wall_time wall) const;
  void name_troubled(const record& r, std::uint32_t slot, fleet_status& out) const;
  void count_pairs(const record& r, fleet_status& out) const;
  void describe_api(fleet_status& out, steady_time now) const;

  clock& time_;
  const fleet& fleet_;
  const dispatcher& dispatcher_;
  const event_tracker& event_tracker_;
  const delivery& delivery_;
  const run_tasks& tasks_;
  wall_time started_;
  bool has_started_ = false;  // before the last reload; see readiness::started
};

}  // namespace tokensyncd::sync
