#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/hook_schedule.hpp"
#include "daemon/sync/fleet/ledger.hpp"
#include "daemon/sync/ports/hook.hpp"
#include "daemon/sync/ports/settings.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

class known_tokens;
struct fleet;
struct sink_channel;

/// How one sink's hook is doing.
struct hook_status {
  std::size_t pending = 0;                     ///< workspaces whose content it hasn't seen
  std::uint32_t failures = 0;                  ///< runs that failed since the last good one
  std::string_view error{};                    ///< why the last run failed; empty: it didn't
  std::optional<steady_time> failing_since{};  ///< when the first of these runs failed
};

/// Runs the hook of one sink until the hook has seen all that the sink holds. It knows which
/// generations the hook lacks, when the next run begins, and how the last run ended. Once a start
/// or a reload has restored presence::hook_seen, nobody else writes it.
///
/// Part of a sink_channel, and outlives a reload as that does: the debounce and the failures are
/// kept. A run under way goes on with the program that it began with, even where the sink has
/// left. For the loop's thread.
class hook_runner {
 public:
  /// `of`: the channel that this is part of.
  hook_runner(const dependencies& deps, fleet& all, known_tokens& known, const sink_channel& of);

  /// Runs the hook when it is its time, until the sink is retired or stop() was called, and the run
  /// under way has ended. `self` keeps the channel alive meanwhile. A run that ends by an exception
  /// is reported, and counts as failed.
  task<> serve(std::shared_ptr<const sink_channel> self);

  /// Begins no run from now on; one under way has to be through at `last`.
  void stop(steady_time last);

  /// Does not wait for the time of a run that failed.
  void retry_now(steady_time now);

  /// A delivery has ended, or the sink was retired: a run may have waited for that.
  void wake() noexcept { turn_->wake(); }

  /// What a delivery has shown of a place.
  struct written_destination {
    bool untouched = false;   ///< the content was there already, and nobody had changed it
    bool same_token = false;  ///< the ledger knew this token to be there
    std::uint32_t generation_before = 0;  ///< as the ledger had it; 0: nothing
  };

  /// A delivery has brought `p.generation` to the place of `slot`. Decides whether the hook has
  /// seen that content already; update() then has it run where it hasn't.
  void written(std::uint32_t slot, presence& p, const written_destination& how);

  /// `p`, of `slot`, may have changed: where the hook hasn't seen its content, it runs soon.
  /// Returns is_pending().
  bool update(std::uint32_t slot, const presence& p, steady_time now);

  /// The workspace leaves: the hook isn't told of it any more.
  void forget(std::uint32_t slot);

  /// A reload: the places, and the hook, may be others. Each place is new to update() afterwards.
  void reset();

  /// Whether the content of `p` waits for the hook; never where the sink has none.
  [[nodiscard]] bool is_pending(const presence& p) const noexcept;

  /// Whether `p` waits for a run that is due or under way, and no run has failed before it.
  [[nodiscard]] bool is_about_to_see(const presence& p, steady_time now) const noexcept;

  /// Valid until the loop's next turn.
  [[nodiscard]] hook_status status() const noexcept;

 private:
  task<> take_turns();
  task<> run();
  task<result<void>> run_to_its_end(hook& program, std::span<hook_change> shown,
                                    const token_test& known);
  [[nodiscard]] std::vector<hook_change> changes_to_show() const;
  [[nodiscard]] std::vector<change> mark_seen(std::span<const hook_change> shown);

  dependencies deps_;
  fleet& fleet_;
  known_tokens& known_tokens_;
  const sink_channel& channel_;
  hook_schedule schedule_;
  std::unique_ptr<sleeper> turn_;  ///< of take_turns()
  /// Generations, by slot, that the hook has to see.
  std::unordered_map<std::uint32_t, std::uint32_t> unseen_;
  /// Of those, the ones that the run under way was begun for, and that haven't changed since.
  std::unordered_map<std::uint32_t, std::uint32_t> being_seen_;
  std::string error_;        ///< why the last run failed; empty: it didn't
  hook* running_ = nullptr;  ///< the program of the run under way
  bool stopping_ = false;
};

/// The hook runners of all sinks that are served, so that a shutdown also reaches the ones whose
/// sinks have left with a reload. For the loop's thread.
class hook_runners {
 public:
  /// hook_runner::serve() of that sink.
  task<> serve(const std::shared_ptr<sink_channel>& l);

  /// hook_runner::stop() of all.
  void stop(steady_time last);

 private:
  std::vector<std::weak_ptr<sink_channel>> served_;
};

}  // namespace tokensyncd::sync
