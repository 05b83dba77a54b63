#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/dispatch/budget.hpp"
#include "daemon/sync/dispatch/patience.hpp"
#include "daemon/sync/dispatch/priority.hpp"
#include "daemon/sync/dispatch/schedule.hpp"
#include "daemon/sync/dispatch/upstream.hpp"
#include "daemon/sync/fleet/ledger.hpp"

namespace tokensyncd::sync {

/// Who is to be asked about next: the schedule, those whose time has come in order of priority, the
/// budget and the state of the upstream, in one decision. Pure: time is passed in.
class dispatcher {
 public:
  /// `book` must outlive this.
  dispatcher(ledger& book, double rate_limit, unsigned workers, steady_time now);

  /// New limits from a reload.
  void set_limits(double rate_limit, unsigned workers, steady_time now);

  /// Has a workspace wait for `when`, or the end of its pause if that is later, with the priority
  /// that it will have then. `why`: the trigger of that check; none: the one that it has.
  void put(std::uint32_t slot, steady_time when, priority rank, std::optional<trigger> why = {});

  /// Makes a workspace due now. One that is in flight gets another check afterwards; one that waits
  /// already keeps the greater priority; one with a pause of its own is due when that is over.
  void make_due(std::uint32_t slot, priority rank, trigger why, steady_time now);

  /// The wait of a workspace that is due, or will be again after the call under way, counts from
  /// `now`: a reload has made it due anew.
  void count_wait_from(std::uint32_t slot, steady_time now);

  /// The next to ask about at `now`, in flight from then on; none while nobody may be asked about.
  std::optional<handle> take(steady_time now);

  /// When take() may return something by time alone.
  [[nodiscard]] steady_time next_action(steady_time now);

  /// A call has ended. `in_vain`: for how long an answer was waited for that didn't come; then the
  /// workspace is slow from now on. Zero: it no longer is. The caller then puts it somewhere again,
  /// with put() or make_due().
  void finished(std::uint32_t slot, std::chrono::milliseconds in_vain = {});

  /// The API wants to be asked about this workspace no sooner than `until`.
  void pause(std::uint32_t slot, steady_time until);

  /// Its failures were not its own: ends its pause, and it is slow no longer. Not while in flight.
  void pardon(std::uint32_t slot);

  /// A call under way takes long: whether it may go on while others wait. It may where slow ones
  /// have a connection left, and is slow from now on.
  bool may_go_on(std::uint32_t slot);

  /// Its workspace left while a call for it was under way.
  void finished_for_nobody(bool was_slow);

  /// Takes a workspace out for good.
  void remove(std::uint32_t slot);

  /// When a workspace that waits for its time will be due; none where it is due or in flight.
  [[nodiscard]] std::optional<steady_time> when(std::uint32_t slot) const;

  /// For how long to wait for an answer while others wait.
  [[nodiscard]] patience& waits() noexcept { return patience_; }

  [[nodiscard]] budget& calls() noexcept { return budget_; }
  [[nodiscard]] const budget& calls() const noexcept { return budget_; }
  [[nodiscard]] upstream& api() noexcept { return upstream_; }
  [[nodiscard]] const upstream& api() const noexcept { return upstream_; }

 private:
  using queue = std::deque<std::uint32_t>;
  /// Workspaces whose last call timed out: they get a share of the connections.
  struct slow_ones {
    std::size_t share = 1;  ///< how many may be in flight
    std::size_t in_flight = 0;
    queue parked;  ///< beyond their share
    std::unordered_map<std::uint32_t, std::chrono::milliseconds> in_vain;

    [[nodiscard]] bool is_full() const noexcept { return in_flight >= share; }
  };
  /// The search for a workspace to be a probe.
  struct probe_search {
    std::size_t turn = 0;      ///< of find_probe()
    steady_time not_before{};  ///< the last search found none
  };

  void push_ready(std::uint32_t slot, priority rank);
  [[nodiscard]] steady_time pause_of(std::uint32_t slot) const;
  std::optional<handle> take_due(steady_time now);
  std::optional<handle> take_probe(steady_time now);
  [[nodiscard]] steady_time next_probe(steady_time now);
  [[nodiscard]] std::optional<std::uint32_t> find_probe(steady_time now);
  [[nodiscard]] unsigned rank_as_probe(std::uint32_t slot, steady_time now) const;
  handle begin(std::uint32_t slot, priority who, steady_time now);
  void note_patience(std::uint32_t slot);
  void collect_due(steady_time now);
  void unpark();
  [[nodiscard]] waiting_set waiting();
  [[nodiscard]] bool is_waiting_in(std::uint32_t slot, priority rank) const;

  ledger& ledger_;
  schedule schedule_;
  budget budget_;
  upstream upstream_;
  std::array<queue, priority_count>
      ready_;  // may hold entries that have moved on: see is_waiting_in
  slow_ones slow_;
  unsigned workers_;
  patience patience_;
  std::unordered_map<std::uint32_t, steady_time> pauses_;
  probe_search probes_;
};

}  // namespace tokensyncd::sync
