#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/runtime/log/log.hpp"

namespace tokensyncd::telemetry {

/// Bounds how many lines an event may log: `burst` at once, then `rate` a second. Time is passed
/// in. For the loop's thread.
class log_rate_limiter {
 public:
  struct suppressed {
    std::string_view event;
    std::uint64_t lines = 0;
    log_level level = log_level::debug;  ///< the worst of theirs
  };

  log_rate_limiter(double burst, double rate) : burst_(burst), rate_(rate) {}

  /// Whether a line of `event` (a literal: the view is kept) may be written now.
  bool allow(std::string_view event, steady_time now, log_level level = log_level::warning);

  /// An event that may be logged again, with the lines that it lost since it was last told; call
  /// until there is none.
  std::optional<suppressed> take_suppressed(steady_time now);

 private:
  struct entry {
    std::string_view event;
    double left = 0;
    steady_time filled{};
    std::uint64_t lost = 0;
    log_level worst_lost = log_level::debug;
  };
  void fill(entry& of, steady_time now) const;

  double burst_;
  double rate_;
  std::vector<entry> entries_;
};

}  // namespace tokensyncd::telemetry
