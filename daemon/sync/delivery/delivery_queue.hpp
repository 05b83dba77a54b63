#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// What is wrong with one workspace in one sink since its last success.
struct pair_trouble {
  std::string sentence;
  failure_kind kind = failure_kind::io_error;
  std::uint32_t consecutive = 0;
  steady_time since{};  ///< when the first of these failures was
};

/// Decides what one sink gets next: order, concurrency, backoff of each workspace and of the sink
/// as a whole. Pure: time and jitter are passed in. Workspaces are slots of the ledger.
///
/// A workspace that failed is tried again after 1 s, doubling to 5 min. Those that fail for the
/// same cause have a probe beside that: one of them is tried every second at first, then after a
/// tenth of the time that the trouble has lasted, every 15 s at least. When it succeeds, the others
/// follow at once. While the sink as a whole is in trouble nobody but its probe is tried.
class delivery_queue {
 public:
  /// At most so many deliveries at once; the file sink commits what queues meanwhile in one batch.
  static constexpr std::size_t concurrency = 64;

  /// Something is to be delivered for `slot`, now: a new revision, or a repair.
  void enqueue(std::uint32_t slot);

  /// The same for a pair that is known to lack something: what waits to be tried again goes on
  /// waiting for its time.
  void enqueue_unless_held(std::uint32_t slot);

  /// What waits to be tried again, for `slot` or for all, may be tried now, whatever pause there is
  /// of the sink as a whole.
  void retry_now(std::uint32_t slot);
  void retry_all_now();

  /// The next to begin at `now`; none while nothing may begin. It is in flight until succeeded(),
  /// failed(), settled() or dropped().
  std::optional<std::uint32_t> take(steady_time now);

  /// When take() may return something by time alone.
  [[nodiscard]] steady_time next_turn() const;

  /// It is there. Everybody who waits for the same cause may go.
  void succeeded(std::uint32_t slot);

  /// It isn't there; it is tried again after the returned time at the latest. `jitter` from [0, 1).
  std::chrono::milliseconds failed(std::uint32_t slot, const failure& why, steady_time now,
                                   double jitter);

  /// It ended without a result: nothing could be delivered, or nobody waits for it any more.
  void dropped(std::uint32_t slot);

  /// It turned out to be there already: nothing is wrong with it.
  void settled(std::uint32_t slot);

  /// The workspace left: nothing is owed to it any more.
  void forget(std::uint32_t slot);

  /// What is wrong with `slot`; null where nothing is.
  [[nodiscard]] const pair_trouble* trouble(std::uint32_t slot) const;

  /// How many have something wrong with them.
  [[nodiscard]] std::size_t troubled() const noexcept { return troubles_.size(); }

  /// What is wrong with the one of them that failed last; null where nothing is.
  [[nodiscard]] const pair_trouble* latest_trouble() const noexcept;

  /// What is wrong with the sink as a whole; nothing where it is well.
  [[nodiscard]] const std::optional<failure>& sink_trouble() const noexcept {
    return sink_trouble_;
  }

  /// Whether `slot` is queued, waits to be tried again or is in flight.
  [[nodiscard]] bool holds(std::uint32_t slot) const { return entries_.contains(slot); }

  /// Whether deliveries are under way or about to be.
  [[nodiscard]] bool is_busy() const noexcept { return in_flight_ != 0 || !queue_.empty(); }

 private:
  enum class stage : std::uint8_t { queued, later, in_flight, in_flight_again };
  struct entry {
    stage at = stage::queued;
    steady_time due{};  // while `later`
  };
  /// Failures of one kind, or all those that concern the sink as a whole.
  using cause = std::optional<failure_kind>;
  /// Those who fail for one cause, from the first failure to the first success.
  struct group {
    std::size_t members = 0;
    std::set<std::pair<steady_time, std::uint32_t>> waiting;
    std::optional<steady_time> since{};  // none once one of them has succeeded
    steady_time next_probe{};
    std::optional<std::uint32_t> probe{};  // in flight
  };
  using groups = std::map<cause, group>;

  [[nodiscard]] static cause cause_of(failure_kind kind);
  [[nodiscard]] bool tripped() const noexcept { return failed_in_a_row_ >= trip_after; }
  [[nodiscard]] steady_time next_probe_of(const group& those) const;
  void push(std::uint32_t slot);
  void enqueue_due(steady_time now);
  std::optional<std::uint32_t> take_probe(steady_time now);
  std::optional<std::uint32_t> take_queued();
  std::optional<std::uint32_t> take_waiting(group& those);
  std::uint32_t begin(std::uint32_t slot);
  void ended(std::uint32_t slot);
  void stop_waiting(std::uint32_t slot);
  void join(std::uint32_t slot, const failure& why, steady_time now, double jitter);
  void leave(std::uint32_t slot);
  void put_off_probe(group& those, steady_time now, double jitter);
  void recovered(groups::iterator which);
  void release(groups::iterator which);

  static constexpr unsigned trip_after = 3;

  std::unordered_map<std::uint32_t, entry> entries_;
  std::deque<std::uint32_t> queue_;
  groups groups_;
  std::unordered_map<std::uint32_t, pair_trouble> troubles_;
  std::size_t in_flight_ = 0;
  unsigned failed_in_a_row_ = 0;  // of causes that are the sink's, with no success in between
  std::optional<failure> sink_trouble_;
  std::optional<std::uint32_t> failed_last_;  // of `troubles_`
};

}  // namespace tokensyncd::sync
