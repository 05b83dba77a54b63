#pragma once

#include <cstdint>
#include <list>
#include <optional>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/server/quota_pace.hpp"

namespace tokensyncd::sinks::vault {

/// What a call is for, the most important first. Writes go before reads, so that under a quota each
/// secret that was read is written before the next is read.
enum class importance : std::uint8_t {
  login,
  write,
  read,
  look,       ///< at what was delivered before
  background  ///< what the sink can do without
};

/// Lets calls out: so many at once, no faster than a quota allows, the most important first. For
/// the loop's thread.
class admission {
 public:
  /// `time` must outlive this.
  admission(clock& time, unsigned width) noexcept : time_(time), width_(width) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// The right to make one call, given back when it is destroyed.
  class permit {
   public:
    explicit permit(admission& of) noexcept : of_(&of) {}
    permit(permit&& other) noexcept;
    permit& operator=(permit&&) = delete;
    ~permit();

   private:
    admission* of_;
  };

  /// Waits for one's turn. None where a quota makes that too long (quota_pace::is_closed_for_long).
  /// Throws system_error(operation_aborted) when cancelled.
  task<std::optional<permit>> enter(importance what_for);

  /// How many calls may be under way from now on, at least 1.
  void set_width(unsigned width);

  void admitted();
  void refused(std::optional<std::chrono::milliseconds> wait);
  [[nodiscard]] const quota_pace& pace() const noexcept { return pace_; }

 private:
  struct waiter;

  [[nodiscard]] bool has_room() const noexcept { return inside_ < width_; }
  void wake_first() noexcept;

  clock& time_;
  quota_pace pace_;
  unsigned width_;
  unsigned inside_ = 0;
  std::list<waiter*> waiting_;  ///< by importance, then as they came
};

}  // namespace tokensyncd::sinks::vault
