#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/rotation_jobs.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/operations/preflight.hpp"
#include "daemon/sync/ports/rotation.hpp"
#include "daemon/sync/run_tasks.hpp"

namespace tokensyncd::sync {

/// Has the token of one workspace replaced at a command's request, and waits until the new one is
/// delivered and confirmed. One of the workers makes the call; this gives the order, inspects the
/// destinations first, and reports. For the loop's thread.
class rotation_runner {
 public:
  /// All of these must outlive this.
  rotation_runner(clock& time, fleet& all, dispatcher& plan, workers& crew, preflight& inspector,
                  run_tasks& tasks);

  /// Rotates the workspace `id` once. Errors are in the report. Before the call has begun, a
  /// cancellation undoes the order; afterwards the call and its consequences go on, and
  /// broken_off() knows of them. Throws only system_error(operation_aborted), when cancelled.
  task<rotation_report> rotate(std::string id, rotation_request how);

  /// The known state of the last rotation whose rotate() was cancelled; none where none was.
  [[nodiscard]] std::optional<rotation_report> broken_off() const;

  /// The token's age and the obstacles that rotate() would meet, inspected now. None where `id`
  /// isn't configured. Throws as rotate().
  task<std::optional<rotation_outlook>> outlook(std::string id);

 private:
  /// A command that went away before its rotation ended.
  struct lost_command {
    std::string workspace;
    std::shared_ptr<rotation_job> job;
  };

  void make_due(const rotation_job& job);
  task<> clear(rotation_job& job, sleeper& me, std::chrono::milliseconds timeout,
               std::vector<rotated_destination>& obstacles);
  task<std::vector<rotation_destination>> look_at_destinations(handle who,
                                                               std::chrono::milliseconds timeout);
  task<std::vector<rotation_destination>> look_apart(handle who, std::chrono::milliseconds limit);
  task<> follow(rotation_job& job, sleeper& me, std::chrono::milliseconds before_call,
                std::chrono::milliseconds timeout);
  [[nodiscard]] bool is_over(const rotation_job& job) const;
  void let_go(const std::shared_ptr<rotation_job>& job);

  void describe(const rotation_job& job, rotation_report& out) const;
  void describe_end(const rotation_job& job, const record* r, rotation_report& out) const;
  void describe_destinations(handle who, rotation_report& out) const;
  [[nodiscard]] std::string why_not_asked(handle who, const record* r) const;
  [[nodiscard]] std::string why_no_call(handle who) const;

  clock& time_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  workers& workers_;
  preflight& preflight_;
  run_tasks& tasks_;
  std::optional<lost_command> broken_off_;
};

}  // namespace tokensyncd::sync
