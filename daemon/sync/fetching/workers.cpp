#include "daemon/sync/fetching/workers.hpp"

#include <exception>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd::sync {

workers::workers(dependencies deps, fleet& all, dispatcher& plan, delivery& out,
                 event_tracker& events, bool patient)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      event_tracker_(events),
      pool_(deps.time, plan),
      watch_(deps.time, all.book, plan, pool_),
      steps_(deps, all, plan, out, events, watch_, patient),
      fetcher_(deps.time, all, plan, events, pool_, watch_, steps_),
      rotator_(deps, all, plan, events, pool_, fetcher_, steps_) {}

task<> workers::work(worker& me) {
  while (pool_.goes_on()) {
    // Wait until a workspace is due and a call may be made.
    if (!take(me)) {
      co_await pool_.wait(*me.turn);
      continue;
    }
    const handle who = *me.workspace;

    // A rotation takes the place of the check.
    if (auto job = rotator_.job_for(who)) {
      co_await rotator_.rotate(std::move(job));
      wake();
      continue;
    }

    // Fetch the token from the Partner API.
    call what = fetcher_.begin(me);
    fetched got = co_await fetcher_.fetch(what);

    // Report the meaning of the call for the API as a whole.
    steps_.api.report(what, got);
    if (is_for_nobody(what)) continue;

    if (got.what) {
      // Learn how long an answer takes.
      dispatcher_.waits().answered(got.answered - got.asked);
      // Detect a change.
      const finding found = steps_.recorder.detect(what, got);
      // Report the result of the check.
      steps_.results.answered(what, got, found);
      // Store the new revision, and report it once it is stored.
      if (found.is_change()) co_await steps_.recorder.record_revision(what, got, found);
      // Deliver its token to the sinks that lack it.
      steps_.sinks.deliver(what, got, found);
      // Schedule the next check.
      steps_.next.after_answer(what, got, found);
      // Store what the answer settled beside the revision.
      if (steps_.recorder.has_to_settle(who, found)) co_await steps_.recorder.settle(who, found);
    } else {
      // Report the failure and schedule a retry.
      steps_.fail(what, got, fleet_.book.at(who.slot).check.why);
    }

    // Let rotations go on that waited for this check, and an idle worker take the next one.
    rotator_.checked(what);
    wake();
  }
}

/// Runs work() until it returns or is cancelled. An exception from a check or a rotation costs that
/// one alone: its workspace has failed, and the worker goes on.
task<> workers::live(std::shared_ptr<worker> me) {
  const worker_pool::membership working{pool_};
  me->turn = deps_.time.make_sleeper();
  for (;;) {
    std::exception_ptr thrown;
    try {
      co_await work(*me);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (!thrown) co_return;
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool is_cancelled = state.cancelled() != asio::cancellation_type::none;
    if (is_cancelled || !me->workspace) std::rethrow_exception(thrown);
    // A rotation may not be cancelled, and has left that behind.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    broke_off(*me->workspace, fault_of("a check", thrown));
  }
}

/// An exception has ended a check, wherever it was: its workspace has failed, and is asked about
/// again.
void workers::broke_off(handle who, const failure& fault) {
  deps_.observer.task_failed(fault);
  const record* const r = fleet_.book.get(who);
  if (r == nullptr) return dispatcher_.finished_for_nobody(false);
  if (r->check.at == stage::in_flight) dispatcher_.finished(who.slot);
  if (r->check.at == stage::ready || dispatcher_.when(who.slot)) return;
  const auto failures = steps_.results.broke_off(who.slot, fault);
  steps_.next.retry(who.slot, failures, r->check.why);
}

/// Takes the workspace whose turn it is, and has another idle worker take the next one, or the
/// timer. False: there is none.
bool workers::take(worker& me) {
  me.workspace.reset();
  me.taken_at = deps_.time.now();
  me.workspace = dispatcher_.take(me.taken_at);
  if (!me.workspace) return false;
  wake();
  return true;
}

/// Whether the workspace of a call that has ended left meanwhile: then nothing more is done.
bool workers::is_for_nobody(const call& what) {
  if (fleet_.book.get(what.who) != nullptr) return false;
  dispatcher_.finished_for_nobody(what.was_slow);
  wake();
  return true;
}

void workers::configure(std::shared_ptr<source> from, unsigned count, double jitter) {
  fetcher_.use(std::move(from));
  steps_.next.configure(jitter);
  pool_.resize(count);
}

void workers::staff(task_group& crew, const supervisor& watched) {
  auto of_one = [this](std::shared_ptr<worker> me) { return live(std::move(me)); };
  pool_.staff(crew, watched, of_one);
  if (watch_.is_running()) return;
  auto watch_calls = [this] { return watch_.run(); };
  crew.start(watched(watch_calls));
}

void workers::wake() {
  if (!pool_.wake()) watch_.look_if_busy();
}

void workers::forget(std::uint32_t slot) {
  steps_.recorder.forget(slot);
  steps_.results.forget(slot);
  event_tracker_.forget(slot, deps_.time.now());
  rotator_.jobs().changed();
}

bool workers::expects_news(std::uint32_t slot) const {
  return steps_.recorder.open_disputes().is_open(slot) || event_tracker_.is_open(slot);
}

}  // namespace tokensyncd::sync
