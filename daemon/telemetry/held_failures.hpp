#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::telemetry {

/// A failed check of one workspace that isn't logged yet.
struct held_failure {
  std::string workspace;
  steady_time at{};
  trigger why = trigger::poll;
  sync::poll_result how = sync::poll_result::error;
  log_level level = log_level::warning;
  failure_kind kind = failure_kind::fault;
  std::string sentence;
};

/// Keeps the first failures of workspaces back until it is known whose they are: at the beginning
/// of an outage some workspaces fail before the API as a whole counts as down. Pure: time is passed
/// in. For the loop's thread.
class held_failures {
 public:
  void hold(held_failure what);

  /// Those that belong to their workspaces, the oldest first, which it forgets: the API has
  /// answered a call that was made at `asked`, after they had failed.
  [[nodiscard]] std::vector<held_failure> take_before(steady_time asked);

  /// All of them, which it forgets.
  [[nodiscard]] std::vector<held_failure> take_all() { return take_before(steady_time::max()); }

  /// All of them were the API's own, as far as is known: whose is in the result. One of these that
  /// fails afterwards, too, is news then.
  [[nodiscard]] std::vector<std::string> hide_all();

  /// Whether hide_all() has hidden the failure of `workspace`; true once.
  [[nodiscard]] bool take_hidden(std::string_view workspace);

  /// It was answered, or has left.
  void forget(std::string_view workspace);
  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

 private:
  std::unordered_map<std::string, held_failure> held_;
  std::unordered_set<std::string> hidden_;  ///< workspaces
};

}  // namespace tokensyncd::telemetry
