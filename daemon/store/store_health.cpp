#include "daemon/store/store_health.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/store/compact.hpp"

namespace tokensyncd::store {
namespace {

failure hanging() {
  return {failure_kind::timed_out,
          "the state has accepted no change for 2 s, because its disk hangs or is very slow; "
          "delivery continues, and pending changes are stored when the disk answers"};
}

/// A cancelled caller doesn't take back what it has handed over.
task<> sleep_on(sleeper& me, steady_time until) {
  try {
    co_await me.sleep_until(until);
  } catch (const boost::system::system_error&) {
    // Its next wait throws.
  }
}

}  // namespace

store_health::store_health(asio::io_context& loop, clock& time, sync::store& held,
                           std::function<void()> on_change)
    : time_(time),
      held_(held),
      on_change_(std::move(on_change)),
      writer_(loop.get_executor()),
      pause_(time.make_sleeper()) {}

result<void> store_health::load(
    wall_time now, const std::function<void(const sync::stored_workspace&)>& on_workspace,
    const std::function<void(const sync::stored_presence&)>& on_presence) {
  return held_.load(now, on_workspace, on_presence);
}

task<result<void>> store_health::save(std::vector<sync::change> changes) {
  std::move(changes.begin(), changes.end(), std::back_inserter(waiting_));
  if (hangs()) tokensyncd::store::compact(waiting_);
  return have_written();
}

task<result<void>> store_health::look() {
  looks_ = true;
  return have_written();
}

/// Returns when all that waits by now is written, or has failed, or hangs.
task<result<void>> store_health::have_written() {
  if (closing_) co_return failure{failure_kind::cancelled, "the state is closed"};
  const std::uint64_t mine = ++asked_;
  if (hangs()) co_return hanging();
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  if (writing_) {
    pause_->wake();
  } else {
    writing_ = true;
    writer_.start(write());
  }

  const auto me = time_.make_sleeper();
  const auto destination = callers_.insert(callers_.end(), me.get());
  const steady_time last = began_.value_or(time_.now()) + patience;
  while (saved_ < mine && failed_ < mine && time_.now() < last) co_await sleep_on(*me, last);
  callers_.erase(destination);
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (saved_ >= mine) co_return result<void>{};
  if (failed_ >= mine) co_return error_;
  set_failing(true);
  co_return hanging();
}

/// Writes until nothing waits: one write at a time, of all that came meanwhile.
task<> store_health::write() {
  while (!waiting_.empty() || looks_) {
    const std::uint64_t upto = asked_;
    const bool looked = std::exchange(looks_, false);
    const std::vector<sync::change> changes = std::exchange(waiting_, {});
    std::vector<sync::change> copies = changes;
    began_ = time_.now();
    saving_ = !changes.empty();
    result<void> how;
    if (changes.empty()) {
      how = co_await held_.look();
    } else {
      // This looks as well.
      how = co_await held_.save(std::move(copies));
    }
    began_.reset();
    saving_ = false;
    if (how) {
      saved_ = upto;
      if (waiting_.empty()) set_failing(false);
    } else {
      failed_ = upto;
      error_ = how.error();
      looks_ = looks_ || looked;
      waiting_.insert(waiting_.begin(), changes.begin(), changes.end());
      tokensyncd::store::compact(waiting_);
      set_failing(true);
    }
    for (sleeper* each : callers_) each->wake();
    if (how || asked_ > upto) continue;
    if (closing_) {
      writing_ = false;
      co_return;
    }
    co_await sleep_on(*pause_, time_.now() + retry);
  }
  // Also what a save of nothing asked for, which began no write.
  saved_ = asked_;
  for (sleeper* each : callers_) each->wake();
  writing_ = false;
  // Whoever had nothing to save was in no write.
  if (waiting_.empty() && !looks_) saved_ = asked_;
  for (sleeper* each : callers_) each->wake();
}

task<> store_health::close() {
  closing_ = true;
  pause_->wake();
  co_await writer_.join();
  co_await held_.close();
}

std::optional<failure> store_health::unsaved() const {
  if (saving_) {
    return failure{failure_kind::timed_out, hangs() ? "its disk hangs or is very slow"
                                                    : "tokensyncd stopped before they were saved"};
  }
  if (waiting_.empty()) return std::nullopt;
  return error_;
}

bool store_health::hangs() const {
  return began_ && time_.now() - *began_ >= patience;
}

void store_health::set_failing(bool now) {
  if (std::exchange(failing_, now) != now && on_change_) on_change_();
}

}  // namespace tokensyncd::store
