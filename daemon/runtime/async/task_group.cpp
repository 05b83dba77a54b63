#include "daemon/runtime/async/task_group.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd {
task_group::task_group(executor ex, std::function<void(const std::exception_ptr&)> on_fault)
    : ex_(ex),
      on_fault_(std::move(on_fault)),
      changed_(ex, std::chrono::steady_clock::time_point::max()) {}

task_group::~task_group() {
  assert(children_.empty());
}

task_group::child_id task_group::start(task<> work) {
  const child_id id = ++last_id_;
  const auto place = children_.emplace(children_.end(), id);
  auto on_end = [this, place](const std::exception_ptr& error) { ended(place, error); };
  asio::co_spawn(ex_, std::move(work), asio::bind_cancellation_slot(place->stop.slot(), on_end));
  return id;
}

void task_group::ended(std::list<child>::iterator which, const std::exception_ptr& error) {
  if (error && !is_cancellation(error)) {
    if (on_fault_) {
      on_fault_(error);
    } else if (!error_) {
      error_ = error;
    }
  }
  children_.erase(which);
  if (error_ || children_.empty()) changed_.cancel();
}

void task_group::cancel() {
  for (auto each = children_.begin(); each != children_.end();) {
    const auto next = std::next(each);  // a child may end, and leave the list, at once
    each->stop.emit(asio::cancellation_type::terminal);
    each = next;
  }
}

void task_group::cancel(child_id which) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [which](const child& each) { return each.id == which; });
  if (found != children_.end()) found->stop.emit(asio::cancellation_type::terminal);
}

task<> task_group::watch() {
  while (!error_) {
    co_await changed_.async_wait(asio::as_tuple(use_task));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  std::rethrow_exception(error_);
}

task<> task_group::join() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!children_.empty()) co_await changed_.async_wait(asio::as_tuple(use_task));
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace tokensyncd
