#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/fleet/ledger.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/source.hpp"

namespace tokensyncd::sync {

/// A worker: a coroutine that attends to one workspace after the other.
struct worker {
  task_group::child_id id = 0;        ///< of its coroutine; known once that has begun
  std::unique_ptr<sleeper> turn{};    ///< sleeps until a workspace is due
  std::optional<handle> workspace{};  ///< taken from the dispatcher; none while it waits
  steady_time taken_at{};
};

/// A call to the Partner API, as it was made.
struct call {
  handle who;
  std::string id;
  trigger why = trigger::poll;
  steady_time due{};
  steady_time asked{};
  bool was_slow = false;
  std::optional<failure> error{};  ///< once answered: why there is no observation
  blame whose = blame::nobody;     ///< once answered: the error is
  bool is_rotation = false;        ///< to rotate
  const worker* by = nullptr;      ///< the worker that made it
  bool is_from_outage = false;     ///< of an outage that has ended
  bool given_up = false;           ///< by us: it took long, and others waited
};

/// How long an answer was waited for that didn't come; zero if one came.
[[nodiscard]] inline std::chrono::milliseconds waited_in_vain(const fetched& got) {
  using std::chrono::milliseconds;
  if (got.what || got.what.error().kind != failure_kind::timed_out) return {};
  const auto waited = std::chrono::duration_cast<milliseconds>(got.answered - got.asked);
  return std::max(milliseconds{1}, waited);
}

}  // namespace tokensyncd::sync
