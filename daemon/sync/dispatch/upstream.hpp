#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::sync {

/// The Partner API as one thing: whether it may be asked at all.
///
/// A failed call is its workspace's own trouble as long as others are answered. It is the API's
/// when every workspace that might be answered has failed, or
/// when `sample` of them have failed with no answer in between. Then the API is closed for all but
/// one probe at a time: after a throttle when its time is over, else 1 s to 30 s apart. The first
/// answer opens it again. Pure: time and jitter are passed in. See docs/decisions/0017.
class upstream {
 public:
  /// So many failures of different workspaces in a row concern everybody. Where nine of ten
  /// workspaces fail, the chance that so many in a row are all among those is below 1 %.
  static constexpr std::size_t sample = 44;

  /// How a call ended, as far as it matters here.
  struct outcome {
    std::uint32_t workspace = 0;     ///< any number that tells workspaces apart
    const failure* error = nullptr;  ///< null: it was answered
    steady_time asked{};
    std::optional<std::chrono::milliseconds> retry_after{};
    std::size_t fleet = 1;  ///< how many workspaces there are
  };

  /// What is known of a workspace beside others. suspect: it has failed, and nobody was answered
  /// since. bad: it has failed, and others were answered since.
  enum class standing : std::uint8_t { good, suspect, bad };

  /// Whether a call may be made at `now`. While the API is closed that is so for one probe at a
  /// time.
  [[nodiscard]] bool may_ask(steady_time now) const noexcept;

  /// When may_ask() may become true by time alone; max() where only an answer can change it.
  [[nodiscard]] steady_time opens_at(steady_time now) const noexcept;

  /// Until when it pauses: the end of a throttle, or when the next probe goes. Holds until an
  /// answer makes it normal.
  [[nodiscard]] steady_time paused_until() const noexcept { return until_; }

  /// When a good workspace is to be asked before its time, because several have failed and nobody
  /// was answered since: that shows soon whose trouble it is. max() where that isn't wanted.
  [[nodiscard]] steady_time next_sample() const noexcept;

  /// A call is being made.
  void asked(steady_time now) noexcept;

  /// A call that was made at `asked` was given up without an outcome.
  void abandoned(steady_time asked) noexcept;

  /// A call has ended. `jitter` from [0, 1) spreads the backoff. Says whose trouble it was; state()
  /// tells afterwards whether anything changed.
  blame answered(const outcome& what, steady_time now, double jitter);

  /// Something shows that the API lives (an event that it signed). While it counts as down a probe
  /// goes at once, and the next ones at most 4 s apart for a minute.
  void sign_of_life(steady_time now) noexcept;

  [[nodiscard]] upstream_state state() const noexcept { return state_; }

  /// Since when it is throttled or down, and the latest failure that showed it; nothing where many
  /// throttles of single workspaces did. Both hold while state() isn't normal.
  [[nodiscard]] steady_time closed_at() const noexcept { return closed_at_; }
  [[nodiscard]] const std::optional<failure>& cause() const noexcept { return cause_; }

  [[nodiscard]] standing standing_of(std::uint32_t workspace) const;

  /// Whether the last answered() began a throttle (and not merely confirmed it).
  [[nodiscard]] bool throttle_began() const noexcept { return throttle_.began; }

  /// For how long the workspace of the last answered() is to be left alone because it was throttled
  /// itself; zero where it wasn't.
  [[nodiscard]] std::chrono::milliseconds own_pause() const noexcept { return own_.pause; }

  /// Whether the last answered() was a failure of a call from before the API opened again: that
  /// says nothing about its workspace, which is to be asked again.
  [[nodiscard]] bool is_from_outage() const noexcept { return is_from_outage_; }

  /// Workspaces that failed before an outage ended, and because of it: they are to be asked again.
  /// Empty but after the answered() that opened the API.
  [[nodiscard]] std::vector<std::uint32_t> take_released() noexcept;

  /// Forgets what it knows of a workspace.
  void forget(std::uint32_t workspace);

 private:
  blame doubtful(const outcome& what, steady_time now, double jitter);
  void lives(const outcome& what, steady_time now);
  blame throttled(std::optional<std::chrono::milliseconds> wait, steady_time asked,
                  steady_time now);
  blame went_down(steady_time now, double jitter);
  void close(upstream_state how, steady_time now) noexcept;
  void open(steady_time now);
  [[nodiscard]] bool is_everybodys(failure_kind kind, std::size_t fleet) const;
  void note_own_throttle(const outcome& what, steady_time now);
  [[nodiscard]] bool was_passing(const outcome& what, steady_time now);
  [[nodiscard]] unsigned probes_allowed(steady_time now) const noexcept;

  /// The calls that are made while it is closed, to see whether it opens.
  struct probing {
    unsigned under_way = 0;
    steady_time lively_until{};  ///< until then they go more often
    std::chrono::milliseconds wait{0};
  };
  /// The last throttle of everybody.
  struct common_throttle {
    bool began = false;  ///< with the last answered()
    steady_time at{};
    steady_time longest_pause{};        ///< that a suspect was told
    std::chrono::milliseconds wait{0};  ///< without a usable Retry-After
  };
  /// A workspace that was told to slow down, and wasn't answered since.
  struct own_throttle {
    steady_time last{};
    unsigned in_a_row = 0;
  };
  /// A throttle that passed by itself.
  struct pass {
    std::uint32_t workspace = 0;
    steady_time when{};
  };
  /// Throttles of single workspaces.
  struct own_throttles {
    std::chrono::milliseconds pause{0};  ///< see own_pause()
    std::unordered_map<std::uint32_t, own_throttle> throttles;
    std::array<pass, 3> passing{};  ///< of as many workspaces, the latest first
  };
  /// The workspaces that failed: see standing.
  struct failed_workspaces {
    std::unordered_map<std::uint32_t, steady_time> suspects;  ///< when they failed
    std::unordered_set<std::uint32_t> bad;
    std::vector<std::uint32_t> released;  ///< see take_released()
    bool samples = false;                 ///< see next_sample()
  };

  upstream_state state_ = upstream_state::normal;
  steady_time until_{};  // of the throttle, or of the next probe
  steady_time closed_at_{};
  std::optional<failure> cause_;
  steady_time opened_at_{};
  steady_time last_asked_{};
  bool is_from_outage_ = false;
  probing probes_;
  common_throttle throttle_;
  own_throttles own_;
  failed_workspaces failed_;
};

/// `Retry-After` as it is believed: up to 10 minutes; zero, negative or absent counts as none.
[[nodiscard]] std::optional<std::chrono::milliseconds> believed_retry_after(
    std::optional<std::chrono::milliseconds> said);

}  // namespace tokensyncd::sync
