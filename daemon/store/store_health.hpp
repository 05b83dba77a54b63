#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/store/pending_changes.hpp"
#include "daemon/store/save_progress.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// A store that nobody waits for longer than `patience`. What could not be saved in time, or at
/// all, is kept in memory, the newest of each workspace and place, and saved as soon as the store
/// takes it: with the next save, and by itself every `retry`. For the loop's thread.
class store_health final : public sync::store {
 public:
  static constexpr std::chrono::milliseconds patience{2'000};
  static constexpr std::chrono::milliseconds retry{5'000};

  /// `on_change` is called when failing() has become another; empty: nobody asks. What is passed by
  /// reference must outlive this.
  store_health(asio::io_context& loop, clock& time, sync::store& held,
               std::function<void()> on_change);

  /// Whether something is still to be saved that a save() did not see saved.
  [[nodiscard]] bool failing() const noexcept { return failing_; }

  /// The latest reason for which nothing was saved, for people; of use while failing().
  [[nodiscard]] std::string why_failing() const;

  /// Why something that was handed over isn't known to be saved; none: all of it is.
  [[nodiscard]] std::optional<failure> unsaved() const;

  result<void> load(wall_time now,
                    const std::function<void(const sync::stored_workspace&)>& on_workspace,
                    const std::function<void(const sync::stored_presence&)>& on_presence) override;
  result<std::vector<std::uint16_t>> token_lengths() override { return held_.token_lengths(); }

  /// Saves `changes` with all that is still to be saved. Failures: those of the store; timed_out
  /// when it took more than `patience`, at once while the save before hangs.
  task<result<void>> save(std::vector<sync::change> changes) override;
  void on_notice(notice told) override { held_.on_notice(std::move(told)); }
  task<result<void>> look() override;

  /// Waits for a save under way, tries once more what is still to be saved, and closes the store.
  task<> close() override;

 private:
  task<result<void>> have_written();
  task<> write();
  void wake_callers();
  [[nodiscard]] bool hangs() const;
  void set_failing(bool now);

  /// The call of the store that is under way.
  struct current_write {
    std::optional<steady_time> began;  ///< none: no call is under way
    bool saves = false;                ///< the call saves changes
  };

  clock& time_;
  sync::store& held_;
  std::function<void()> on_change_;
  task_group writer_;  ///< write(), while there is something to save
  std::unique_ptr<sleeper> pause_;
  pending_changes pending_;
  save_progress progress_;
  current_write current_;
  std::list<sleeper*> callers_;
  bool writing_ = false;
  bool closing_ = false;
  bool failing_ = false;
};

}  // namespace tokensyncd::store
