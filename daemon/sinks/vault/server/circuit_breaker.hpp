#pragma once

#include <cstdint>
#include <unordered_set>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// Keeps a policy that forbids everything of one kind (reads, writes) from being asked thousands of
/// times: from the third different path on that is forbidden with none granted in between, one call
/// a pause goes out, 1 s doubling to 30 s. A path that is forbidden by itself, however often, slows
/// nobody down. Pure: time is passed in.
class circuit_breaker {
 public:
  /// Whether a call may be made now. After a pause it is the one that may.
  [[nodiscard]] bool admits(steady_time now) noexcept;

  void granted() noexcept;
  void forbidden(std::uint64_t path_hash, steady_time now);

 private:
  void pause(steady_time now) noexcept;

  std::unordered_set<std::uint64_t> paths_;  ///< forbidden since the last one granted; a few
  unsigned pauses_ = 0;
  steady_time closed_until_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
