#include "daemon/store/store_health.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

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
  pending_.add(std::move(changes));
  if (hangs()) pending_.compact();
  return have_written();
}

task<result<void>> store_health::look() {
  pending_.looks = true;
  return have_written();
}

/// Returns when all that waits by now is written, or has failed, or hangs.
task<result<void>> store_health::have_written() {
  if (closing_) co_return failure{failure_kind::cancelled, "the state is closed"};
  const std::uint64_t mine = progress_.ask();
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
  const auto entry = callers_.insert(callers_.end(), me.get());
  const steady_time last = current_.began.value_or(time_.now()) + patience;
  while (!progress_.is_accepted(mine) && !progress_.is_refused(mine) && time_.now() < last)
    co_await sleep_on(*me, last);
  callers_.erase(entry);
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (progress_.is_accepted(mine)) co_return result<void>{};
  if (progress_.is_refused(mine)) co_return progress_.error();
  set_failing(true);
  co_return hanging();
}

/// Writes until nothing waits: one write at a time, of all that came meanwhile.
task<> store_health::write() {
  while (!pending_.is_empty()) {
    const std::uint64_t upto = progress_.asked();
    const pending_changes taken = pending_.take();
    std::vector<sync::change> copies = taken.changes;
    current_.began = time_.now();
    current_.saves = !taken.changes.empty();
    result<void> how;
    if (taken.changes.empty()) {
      how = co_await held_.look();
    } else {
      // This looks as well.
      how = co_await held_.save(std::move(copies));
    }
    current_.began.reset();
    current_.saves = false;
    if (how) {
      progress_.accepted_up_to(upto);
      if (pending_.changes.empty()) set_failing(false);
    } else {
      progress_.refused_up_to(upto, how.error());
      pending_.put_back(taken);
      set_failing(true);
    }
    wake_callers();
    if (how || progress_.asked() > upto) continue;
    if (closing_) {
      writing_ = false;
      co_return;
    }
    co_await sleep_on(*pause_, time_.now() + retry);
  }
  // Also what a save of nothing asked for, which began no write.
  progress_.accepted_up_to(progress_.asked());
  wake_callers();
  writing_ = false;
  // Whoever had nothing to save was in no write.
  if (pending_.is_empty()) progress_.accepted_up_to(progress_.asked());
  wake_callers();
}

task<> store_health::close() {
  closing_ = true;
  pause_->wake();
  co_await writer_.join();
  co_await held_.close();
}

std::optional<failure> store_health::unsaved() const {
  if (current_.saves) {
    return failure{failure_kind::timed_out, hangs() ? "its disk hangs or is very slow"
                                                    : "tokensyncd stopped before they were saved"};
  }
  if (pending_.changes.empty()) return std::nullopt;
  return progress_.error();
}

std::string store_health::why_failing() const {
  const std::string& refused = progress_.error().sentence;
  return hangs() || refused.empty() ? hanging().sentence : refused;
}

void store_health::wake_callers() {
  for (sleeper* each : callers_) each->wake();
}

bool store_health::hangs() const {
  return current_.began && time_.now() - *current_.began >= patience;
}

void store_health::set_failing(bool now) {
  if (std::exchange(failing_, now) != now && on_change_) on_change_();
}

}  // namespace tokensyncd::store
