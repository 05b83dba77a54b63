#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "config/values.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/operations/rotate.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::sync {

/// Rotates tokens because of their age, as their workspaces' `rotation` says: one after the other,
/// the one that is the longest over its age first, as the command does (rotation_runner). It waits
/// while the API as a whole fails, while the result of any rotation isn't known, while a hook of
/// its sinks has yet to run, and where a destination of the workspace is in trouble. What is
/// rotated how often is read from the newest rotation in the state, so a restart changes nothing.
/// After a rotation that isn't confirmed it stops until resume(). For the loop's thread.
class rotation_policy {
 public:
  /// All must outlive this.
  rotation_policy(dependencies deps, fleet& all, const dispatcher& plan, const workers& crew,
                  rotation_runner& runner);

  /// Rotates until it is cancelled. A rotation under way goes on, see rotation_runner::rotate().
  task<> run();

  /// The configuration is another one.
  void reloaded();

  /// Somebody has seen to what was wrong: forgets failures, and goes on if it has stopped.
  void resume();

  /// What it does next; none where no workspace has a policy.
  [[nodiscard]] const std::optional<policy_status>& status() const noexcept { return status_; }

 private:
  /// A workspace, when its token is over its age, and from when on it may be rotated.
  struct candidate {
    handle who{};
    steady_time over_age{};
    steady_time at{};
  };
  task<> rotate(handle who);
  void look();
  [[nodiscard]] std::optional<candidate> choose() const;
  [[nodiscard]] bool comes_before(const candidate& one, const candidate& other) const;
  [[nodiscard]] steady_time over_age_at(const record& r, const config::rotation_policy& how) const;
  [[nodiscard]] steady_time allowed_at(steady_time when, steady_time newest,
                                       const config::rotation_policy& how) const;
  [[nodiscard]] bool is_healthy(const record& r) const;
  [[nodiscard]] bool is_postponed(const std::string& id) const;
  [[nodiscard]] std::string obstacle_for(const record& r) const;
  void note(const rotation_report& report, const config::rotation_policy& how);
  void stop(const std::string& workspace, const std::string& why);
  void postpone(const rotation_report& report);
  void postpone(const std::string& workspace, std::chrono::milliseconds length);

  dependencies deps_;
  fleet& fleet_;
  const dispatcher& dispatcher_;
  const workers& workers_;
  rotation_runner& runner_;
  std::unique_ptr<sleeper> pause_;
  steady_time not_before_ = steady_time::min();
  unsigned failures_ = 0;                                   ///< in a row
  std::optional<std::string> stopped_;                      ///< why; none: it goes on
  std::unordered_map<std::string, steady_time> postponed_;  ///< by id, until when
  std::unordered_set<std::string> told_;                    ///< reasons for that, since a success
  std::optional<policy_status> status_;
  std::optional<candidate> next_;
};

}  // namespace tokensyncd::sync
