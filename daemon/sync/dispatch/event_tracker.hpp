#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"

namespace tokensyncd::sync {

/// What the vendor's events say about workspaces, by slot: an event is a hint that there is
/// something new, so a check that finds nothing is repeated for a while. Pure: time is passed in.
class event_tracker {
 public:
  /// Copies of an event cause a check once in this time.
  static constexpr std::chrono::milliseconds copy_interval{250};
  /// The first repetition after an answer with nothing new; each further wait is twice as long.
  static constexpr std::chrono::milliseconds first_repetition{250};
  /// For how long checks are repeated, from the first answer on.
  static constexpr std::chrono::seconds repeated_for{60};
  /// A rotation that a poll finds is missed unless an event comes this long before or after it.
  static constexpr std::chrono::seconds late{60};

  /// Whether events are to come at all; while they aren't, none is missed.
  void expect(bool events) noexcept;

  /// What an event asks for.
  struct check_request {
    bool afresh = true;  ///< a check begins after now, also where one is under way
    steady_time when{};  ///< where not: not before this
  };

  /// An event has come; `copy`: one that came before has come again. It does not start the
  /// repetitions anew.
  check_request came(std::uint32_t slot, bool copy, steady_time now);

  /// Something new is to come of which no event has told: as after an event, checks are repeated.
  void expect_news(std::uint32_t slot, steady_time now);

  /// Remembers a copy that came while a question was under way: see next().
  void came_in_flight(std::uint32_t slot);

  /// A question is put.
  void asked(std::uint32_t slot, steady_time now);

  /// An answer has come to the last question; `news` end what next() would repeat.
  void answered(std::uint32_t slot, bool news);

  /// An answer has come to the last question; `news`: with a new revision. When to ask
  /// again because of an event; none where the schedule decides.
  std::optional<steady_time> next(std::uint32_t slot, bool news, steady_time now);

  /// No answer has come to the last question: how often that was so since the event.
  unsigned failed(std::uint32_t slot);

  /// A question put at `asked`, for `why`, has found a rotation. Where it was our own, its event is
  /// no news, be it here already or still to come: one check confirms it and none is repeated.
  void rotated(std::uint32_t slot, trigger why, steady_time asked, steady_time now);

  /// Whether news are still to come, or a copy still wants its check.
  [[nodiscard]] bool is_open(std::uint32_t slot) const;

  /// When a copy wants its check that came while a question was under way; none where none did.
  [[nodiscard]] std::optional<steady_time> repeated(std::uint32_t slot, steady_time now) const;

  void forget(std::uint32_t slot, steady_time now);

  /// Rotations that a poll found and no event announced, since start.
  [[nodiscard]] std::uint64_t missed(steady_time now) const;

 private:
  struct hint {
    steady_time came{};  ///< the last one that was no copy
    steady_time asked = steady_time::min();
    std::optional<steady_time> since{};  ///< the first answer with nothing new
    unsigned step = 0;
    unsigned failures = 0;
    bool open = true;       ///< no news since
    bool repeated = false;  ///< a copy came while a question was under way
  };
  void expect_ours(std::uint32_t slot, steady_time asked, steady_time now);
  void sweep(steady_time now);

  bool expected_ = false;
  std::unordered_map<std::uint32_t, hint> hints_;
  std::size_t sweep_at_ = 64;
  std::unordered_map<std::uint32_t, steady_time> unannounced_;  ///< when a poll found a rotation
  std::unordered_map<std::uint32_t, steady_time> ours_;  ///< rotations whose event is to come
  std::uint64_t missed_ = 0;
};

}  // namespace tokensyncd::sync
