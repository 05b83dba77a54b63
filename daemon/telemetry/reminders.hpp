#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/model/time.hpp"

namespace tokensyncd::telemetry {

/// Decides when a trouble that lasts is logged again: after 5 min, after 30 min, then each hour.
/// Pure: time is passed in. For the loop's thread.
class reminders {
 public:
  /// A trouble that still lasts.
  struct lasting {
    std::chrono::nanoseconds since{};  ///< its first failure
    std::uint64_t failures = 0;        ///< this one included
  };

  /// `what` has failed. Returns how long it does if that is to be logged again; the first failure
  /// is for the caller to log.
  std::optional<lasting> failed(std::string_view what, steady_time now);

  /// `what` is over; returns how long it lasted, nothing where it wasn't failing.
  std::optional<std::chrono::nanoseconds> ended(std::string_view what, steady_time now);

  /// All that begins with `prefix` is over.
  void ended_all(std::string_view prefix);

 private:
  struct trouble {
    steady_time began{};
    steady_time next{};
    std::uint64_t failures = 0;
  };
  std::unordered_map<std::string, trouble> troubles_;
};

/// A length of time as people say it: `42 s`, `5 min`, `3 h`.
[[nodiscard]] std::string length_in_words(std::chrono::nanoseconds length);

}  // namespace tokensyncd::telemetry
