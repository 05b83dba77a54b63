#include "daemon/sync/fetching/call_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/runtime/erase_unordered.hpp"
#include "daemon/runtime/process/on_exit.hpp"

namespace tokensyncd::sync {
namespace {

/// For a worker whose call was given up to take what waits.
constexpr std::chrono::milliseconds time_to_take_over{20};

}  // namespace

call_watch::call_watch(clock& time, ledger& book, dispatcher& plan, worker_pool& pool)
    : time_(time), ledger_(book), dispatcher_(plan), pool_(pool), sleep_(time.make_sleeper()) {}

call_watch::entry::entry(call_watch& of, call& what) : watch_(of), call_(what) {
  watch_.calls_.push_back(&call_);
}

call_watch::entry::~entry() {
  erase_unordered(watch_.calls_, &call_);
}

void call_watch::look_if_busy() {
  // It sleeps until a call is overdue; but where somebody has begun to wait since, or all are busy
  // only since now, it doesn't know yet.
  if (all_are_busy() && watched_until_ > overdue_at_) sleep_->wake();
}

void call_watch::outage_ended() {
  for (call* each : calls_) each->is_from_outage = true;
  sleep_->wake();
}

/// Of the calls that may be given up, the one that takes longest already; null where there is none.
call* call_watch::longest() const {
  call* found = nullptr;
  for (call* each : calls_) {
    // A slow one may take its time, but for the only connection.
    const bool holds_up_others = all_are_busy() && (!each->was_slow || pool_.size() == 1);
    if (each->given_up || !(each->is_from_outage || holds_up_others)) continue;
    const auto rank = [](const call& one) { return std::pair(!one.is_from_outage, one.asked); };
    if (found == nullptr || rank(*each) < rank(*found)) found = each;
  }
  return found;
}

void call_watch::give_up(call& what) {
  what.given_up = true;
  pool_.cancel(*what.by);
}

task<> call_watch::run() {
  runs_ = true;
  auto leave = [this] { runs_ = false; };
  const on_exit left{leave};
  while (!pool_.is_stopping()) {
    const steady_time now = time_.now();
    // When is the longest call overdue, and does anybody wait for its connection by then?
    call* const slowest = longest();
    overdue_at_ =
        slowest == nullptr ? steady_time::min() : slowest->asked + dispatcher_.waits().now();
    watched_until_ = slowest == nullptr ? steady_time::max() : overdue_at_;
    if (slowest != nullptr && !slowest->is_from_outage) {
      watched_until_ = std::max(overdue_at_, dispatcher_.next_action(now));
    }
    // If so, it is given up, unless slow ones have a connection left.
    if (watched_until_ <= now) {
      watched_until_ = overdue_at_ = now + time_to_take_over;
      const bool may_go_on = !slowest->is_from_outage && ledger_.get(slowest->who) != nullptr &&
                             dispatcher_.may_go_on(slowest->who.slot);
      slowest->was_slow = slowest->was_slow || may_go_on;
      if (!may_go_on) give_up(*slowest);
    }
    co_await sleep_->sleep_until(watched_until_);
  }
}

}  // namespace tokensyncd::sync
