#pragma once

#include <map>

#include "daemon/model/time.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Limits the reports of looks at the destinations: each cause of a failed look once an hour, and
/// the suspicion that the server has lost something once in 60 s. Pure: time is passed in.
class look_reports {
 public:
  /// A look at all destinations begins.
  void begin() noexcept { has_failed_ = false; }

  /// A destination could not be looked at. Whether that is to be reported.
  bool failed(cause why, steady_time now);

  /// Whether the last look missed a destination.
  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

  /// An older version is there than was recorded. Whether that is to be reported.
  bool suspects_loss(steady_time now) noexcept;

 private:
  std::map<cause, steady_time> reported_;  ///< why looks failed, and when that was reported
  bool has_failed_ = false;
  steady_time suspects_again_at_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
