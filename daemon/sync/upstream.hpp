#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/sync/events.hpp"

namespace tokensyncd::sync {

/// Whose trouble a failed call was.
enum class blame : std::uint8_t { nobody, workspace, upstream };

/// The Partner API as one thing: whether it may be asked at all.
///
/// A throttle pauses everything. What says that the API as a whole can't be reached or doesn't know
/// us closes it for all but one probe at a time, 1 s to 30 s apart, until one succeeds. Pure: time
/// and chance are passed in.
class upstream {
 public:
  /// A failed call, as far as it matters here.
  struct outcome {
    std::uint32_t workspace = 0;     ///< any number that tells workspaces apart
    const failure* error = nullptr;  ///< null: it was answered
    steady_time asked{};
    std::optional<std::chrono::milliseconds> retry_after{};
  };

  /// Whether a call may be made at `now`. While the API is down that is so for one probe at a time.
  [[nodiscard]] bool may_ask(steady_time now) const noexcept;

  /// When may_ask() may become true by time alone; max() where only an answer can change it.
  [[nodiscard]] steady_time opens_at() const noexcept;

  /// Until when it pauses: the end of a throttle, or when the next probe goes. Holds until an
  /// answer makes it normal.
  [[nodiscard]] steady_time paused_until() const noexcept { return until_; }

  /// A call is being made.
  void asked() noexcept;

  /// A call that was being made was given up without an outcome.
  void abandoned() noexcept;

  /// A call has ended. `chance` from [0, 1) spreads the backoff. Says whose trouble it was; state()
  /// tells afterwards whether anything changed.
  blame answered(const outcome& what, steady_time now, double chance);

  [[nodiscard]] upstream_state state() const noexcept { return state_; }

  /// Whether the last answered() began a throttle (and not merely confirmed it).
  [[nodiscard]] bool throttle_began() const noexcept { return throttle_began_; }

  /// Forgets what it knows of a workspace.
  void forget(std::uint32_t workspace);

 private:
  blame throttled(const outcome& what, steady_time now);
  blame went_down(steady_time now, double chance);
  [[nodiscard]] bool sticks_to_one(const outcome& what);

  upstream_state state_ = upstream_state::normal;
  steady_time until_{};  // of the throttle, or of the next probe
  std::size_t in_flight_ = 0;
  bool throttle_began_ = false;
  steady_time throttled_at_{};
  std::chrono::milliseconds throttle_wait_{0};  // of the last throttle without a usable Retry-After
  std::chrono::milliseconds probe_wait_{0};
  std::unordered_set<std::uint32_t> failing_;    // newly, since anybody's last success
  std::unordered_set<std::uint32_t> known_bad_;  // since their own last success
  std::uint64_t successes_ = 0;
  struct refusal {
    std::uint64_t successes_before = 0;
    unsigned in_a_row = 0;
  };
  std::unordered_map<std::uint32_t, refusal> refusals_;  // 403s of the CDN, by workspace
};

/// `Retry-After` as it is believed: up to 10 minutes; zero, negative or absent counts as none.
[[nodiscard]] std::optional<std::chrono::milliseconds> believed_retry_after(
    std::optional<std::chrono::milliseconds> said);

}  // namespace tokensyncd::sync
