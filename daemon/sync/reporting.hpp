#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/supervise.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// Saves `changes`, and returns whether that succeeded. A failure is told and changes nothing else:
/// a state that can't be written stops no delivery, and the store keeps what it could not save.
inline task<bool> save_or_report(dependencies deps, std::vector<change> changes) {
  const auto saved = co_await deps.state.save(std::move(changes));
  if (!saved) deps.observer.state_failed(saved.error());
  co_return saved.has_value();
}

/// `work`, contained(); an exception that it ends by is told as the bug that it is.
template <class T>
task<result<T>> contained_and_reported(events& observer, std::string name, task<result<T>> work) {
  auto how = co_await contained(std::move(name), std::move(work));
  if (!how && how.error().kind == failure_kind::fault) observer.task_failed(how.error());
  co_return how;
}

}  // namespace tokensyncd::sync
