#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// When each workspace is due: an indexed heap of 10 ms slots, so that one timer for the next slot
/// serves all of them and an event moves an entry in logarithmic time. 16 bytes a workspace.
///
/// Entries are the caller's small numbers (slots of the ledger).
class schedule {
 public:
  static constexpr std::chrono::milliseconds slot_width{10};

  /// `origin`: a time at or before every time that will be asked about.
  explicit schedule(steady_time origin) : origin_(origin) {}

  /// Puts `entry` at `when` (rounded up to a slot), moving it where it is in already.
  void put(std::uint32_t entry, steady_time when);

  /// Takes `entry` out, if it is in.
  void remove(std::uint32_t entry);

  [[nodiscard]] bool contains(std::uint32_t entry) const noexcept;

  /// When `entry`, which must be in, is due.
  [[nodiscard]] steady_time when(std::uint32_t entry) const;

  /// When the first entry is due; none when empty.
  [[nodiscard]] std::optional<steady_time> next() const;

  /// Takes out the first entry that is due at `now`; none where none is.
  std::optional<std::uint32_t> take_due(steady_time now);

 private:
  static constexpr std::uint32_t absent = UINT32_MAX;
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const {
    return slots_[a] < slots_[b];
  }
  void set_position(std::size_t position, std::uint32_t entry);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);

  steady_time origin_;
  std::vector<std::uint32_t> heap_;       // entries, earliest slot first
  std::vector<std::uint32_t> positions_;  // by entry: where in heap_, or absent
  std::vector<std::int64_t> slots_;       // by entry
};

/// A workspace's own place within its interval, from its id alone: spreads workspaces evenly, and
/// the same way after each restart.
[[nodiscard]] std::chrono::milliseconds phase_of(std::string_view id,
                                                 std::chrono::milliseconds interval);

/// The time of the next regular check after one at `now`: the next time of the workspace's phase,
/// moved by `jitter` (−1 to 1) times `jitter_share` of the interval. No gap is longer than an
/// interval or shorter than half of one, each but for two such shares, also after a start or a
/// command: if the phase is sooner, one check comes between.
/// It depends on no earlier check, so nothing drifts, and slots that were missed are skipped.
[[nodiscard]] steady_time next_check(steady_time now, std::chrono::milliseconds interval,
                                     std::chrono::milliseconds phase, double jitter_share,
                                     double jitter);

/// The first regular check at or after `now`, for a start that spreads.
[[nodiscard]] steady_time first_check(steady_time now, std::chrono::milliseconds interval,
                                      std::chrono::milliseconds phase);

}  // namespace tokensyncd::sync
