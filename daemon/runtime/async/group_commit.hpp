#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"

namespace tokensyncd {

/// Lets pieces of blocking work share what is dear about them (a commit, an fsync of a directory):
/// one that comes while nothing runs goes at once and alone; what comes while a job runs is
/// gathered, in order, into the next one.
///
/// For the loop's thread. The pool must outlive it, and every run() must have returned before it is
/// destroyed.
template <class Entry>
class group_commit {
 public:
  /// Does a whole job on a thread of the pool; each entry carries its own outcome.
  using work = std::function<void(std::span<Entry* const>)>;

  /// `most`: entries in one job at most.
  group_commit(blocking_pool& pool, std::size_t most, work job)
      : pool_(pool), most_(most), job_(std::move(job)) {}
  group_commit(const group_commit&) = delete;
  group_commit& operator=(const group_commit&) = delete;

  /// Returns when a job with `entry` has been done; throws what the job threw. Cancellation doesn't
  /// end it: what was handed over is finished, and the next await in the caller throws.
  task<void> run(Entry& entry) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    waiter self{&entry};
    queue_.push_back(&self);
    if (running_) co_await woken(self);
    if (!self.done) co_await lead(self);
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (self.error) std::rethrow_exception(self.error);
  }

 private:
  /// What a coroutine that waits is to Asio. (Posting an any_completion_handler recurses for ever
  /// in Boost 1.81.)
  using handler = asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type;

  struct waiter {
    Entry* entry;
    bool done = false;
    std::exception_ptr error{};
    std::optional<handler> wake{};
  };

  /// Does the next job, of which `self` is the first entry, and hands the lead to whom it left.
  task<void> lead(waiter& self) {
    running_ = true;
    const auto count = static_cast<std::ptrdiff_t>(std::min(most_, queue_.size()));
    const std::vector<waiter*> batch(queue_.begin(), queue_.begin() + count);
    queue_.erase(queue_.begin(), queue_.begin() + count);
    std::vector<Entry*> entries;
    entries.reserve(batch.size());
    for (const waiter* each : batch) entries.push_back(each->entry);

    auto step = [this, &entries] { job_(entries); };
    std::exception_ptr error;
    try {
      co_await pool_.run(step);
    } catch (...) {
      error = std::current_exception();
    }

    const auto home = co_await asio::this_coro::executor;
    for (waiter* each : batch) {
      each->done = true;
      each->error = error;
      if (each != &self) resume(home, *each);
    }
    running_ = !queue_.empty();
    if (running_) resume(home, *queue_.front());
  }

  static void resume(const executor& home, waiter& sleeping) {
    auto wake = [resumed = std::move(*sleeping.wake)]() mutable { std::move(resumed)(); };
    asio::post(home, std::move(wake));
  }

  task<void> woken(waiter& self) {
    auto initiate = [&self](handler waiting) { self.wake.emplace(std::move(waiting)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void()>(initiate,
                                                                                  use_task);
  }

  blocking_pool& pool_;
  const std::size_t most_;
  const work job_;
  std::deque<waiter*> queue_;
  bool running_ = false;
};

}  // namespace tokensyncd
