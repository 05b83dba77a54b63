#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::sync {

/// The latest rotations seen since the start, for who asks what took how long: a few of each
/// workspace, and not more than a daemon can spare for all. For the loop's thread.
class rotation_history {
 public:
  static constexpr std::size_t most_of_one = 5;
  static constexpr std::size_t most = 4096;

  void rotated(std::uint32_t slot, const revision_event& what);

  /// What isn't remembered is left out.
  void delivered(std::uint32_t slot, std::uint32_t generation, std::string_view sink,
                 wall_time when);
  void hook_done(std::uint32_t slot, std::uint32_t generation, std::string_view sink,
                 wall_time when);

  void forget(std::uint32_t slot);

  /// The rotations of one workspace, the newest last. Valid until the next change.
  [[nodiscard]] std::span<const past_rotation> of(std::uint32_t slot) const;

 private:
  past_rotation* find(std::uint32_t slot, std::uint32_t generation);
  void drop_oldest_of(std::uint32_t slot);

  std::unordered_map<std::uint32_t, std::vector<past_rotation>> by_slot_;
  std::deque<std::uint32_t> order_;  ///< whose each is, the oldest first
};

}  // namespace tokensyncd::sync
