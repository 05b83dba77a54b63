#include "daemon/sync/fetching/rotator.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fleet/token_age.hpp"

namespace tokensyncd::sync {
namespace {

std::string left_meanwhile(const std::string& id) {
  return "workspace " + id +
         " was removed from the configuration during its rotation, so its new token is not "
         "delivered";
}

}  // namespace

rotator::rotator(dependencies deps, fleet& all, dispatcher& plan, event_tracker& events,
                 worker_pool& pool, fetcher& calls, check_steps& steps)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      event_tracker_(events),
      pool_(pool),
      fetcher_(calls),
      steps_(steps) {}

std::shared_ptr<rotation_job> rotator::job_for(handle who) {
  auto job = ready_job(who);
  if (!job || pool_.may_rotate()) return job;
  hold_back(who);
  return nullptr;
}

std::shared_ptr<rotation_job> rotator::ready_job(handle who) {
  auto job = jobs_.waiting(who);
  if (!job || job->end || looks_first(*job)) return nullptr;
  const record& r = fleet_.book.at(who.slot);
  if (job->by_policy && !is_still_policy(r, *job)) {
    job->end = rotation_end::not_asked;
    job->why = "workspace " + r.id + ": its rotation policy is another one by now";
    jobs_.changed();
    return nullptr;
  }
  const auto skew = steps_.api.clock_skew();
  if (job->older_than && is_younger(r, *job->older_than, deps_.time, skew)) {
    job->end = rotation_end::young;
    job->why = why_young(r, deps_.time, skew);
    jobs_.changed();
    return nullptr;
  }
  return job->cleared ? job : nullptr;
}

/// A reload may have changed the policy while the job waited.
bool rotator::is_still_policy(const record& r, const rotation_job& job) const {
  const auto& how = fleet_.profile_of(r).rotation;
  return how && how->max_age == job.older_than;
}

/// Its job waits; meanwhile its checks go on as scheduled.
void rotator::hold_back(handle who) {
  if (!is_held_back(who)) held_back_.push_back(who);
}

bool rotator::is_held_back(handle who) const {
  return std::ranges::find(held_back_, who) != held_back_.end();
}

void rotator::let_next_rotate() {
  while (!held_back_.empty() && pool_.may_rotate()) {
    const handle who = held_back_.front();
    held_back_.pop_front();
    const record* r = fleet_.book.get(who);
    if (r == nullptr || !jobs_.waiting(who)) continue;
    dispatcher_.make_due(who.slot, priority::rotate, r->check.why, deps_.time.now());
    return;
  }
}

bool rotator::looks_first(const rotation_job& job) const {
  // Not while nobody knows whether the API answers: a check goes first, which is safe to repeat.
  const bool answers = steps_.api.is_answering();
  // Nor on what was known before: somebody else may have rotated it since, or we ourselves, by a
  // call whose answer was lost. Nor where its own check failed: so may the answer of a rotation.
  const record& r = fleet_.book.at(job.who.slot);
  const bool must_look = job.older_than || r.token.pending != pending_rotation::none ||
                         r.state == workspace_state::stale;
  return !answers || (must_look && !job.checks.before_call);
}

task<> rotator::rotate(std::shared_ptr<rotation_job> job) {
  const handle who = job->who;
  const record& r = fleet_.book.at(who.slot);
  call what{who, r.id, trigger::command, r.due, deps_.time.now(), r.check.timed_out, {}};
  what.is_rotation = true;
  job->at = rotation_job::stage::asking;
  job->call.before = r.wanted;
  job->call.doubted = r.token.pending;
  pool_.rotation_began();
  auto break_off = [this, &job] { end(job, true); };
  on_exit broke_off{break_off};
  // What has begun is finished: a lost answer would be a token that nobody has.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());

  // Stored first: a daemon that dies during the call knows at its next start that there was one.
  const bool is_stored =
      co_await steps_.recorder.record_pending_rotation(who, pending_rotation::ordered);
  if (fleet_.book.get(who) == nullptr || pool_.is_stopping()) {
    dispatcher_.api().abandoned(what.asked);
    dispatcher_.finished_for_nobody(what.was_slow);
    job->end = rotation_end::not_asked;
    job->why =
        "workspace " + what.id +
        (pool_.is_stopping() ? ": the daemon is stopping" : " was removed from the configuration");
  } else if (!is_stored && !job->forced) {
    co_await not_begun(what, *job);
  } else {
    co_await ask(what, *job);
  }

  broke_off.dismiss();
  end(job, false);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
}

/// A daemon that dies during the call would not know of it at its next start, and one that starts
/// again and again for its policy would rotate each time.
task<> rotator::not_begun(const call& what, rotation_job& job) {
  dispatcher_.api().abandoned(what.asked);
  dispatcher_.finished(what.who.slot);
  job.end = rotation_end::not_asked;
  job.why = "workspace " + what.id +
            ": the state cannot be written, so the rotation could be forgotten; fix "
            "the cause, or add --force to rotate anyway";
  dispatcher_.make_due(what.who.slot, priority::poll, trigger::poll, deps_.time.now());
  co_await steps_.recorder.record_pending_rotation(what.who, job.call.doubted);
}

/// The call of a job is over, also by an exception (`broke_off`).
void rotator::end(const std::shared_ptr<rotation_job>& job, bool broke_off) {
  if (broke_off && !job->end) {
    job->end = rotation_end::unknown;
    job->why = "the result of the rotation is unknown because of a bug";
  }
  job->at = rotation_job::stage::checking;
  if (job->waiter == nullptr) jobs_.close(job);
  if (job->waiter != nullptr) job->waiter->wake();  // whose place another job may have
  pool_.rotation_ended();
  let_next_rotate();
}

task<> rotator::ask(call& what, rotation_job& job) {
  const std::shared_ptr<source> from = fetcher_.from();
  steps_.results.attempted(what.who.slot);
  deps_.observer.rotating({what.id, rotation_step::asking, nullptr, job.by_policy});
  what.asked = deps_.time.now();
  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit given_up{give_up};
  rotation_answer got = co_await from->rotate(what.id);
  given_up.dismiss();
  if (!got.got.what) what.error = got.got.what.error();

  steps_.api.report(what, got.got);
  if (what.error) {
    const auto step = got.may_have_rotated ? rotation_step::lost : rotation_step::refused;
    deps_.observer.rotating({what.id, step, &*what.error, job.by_policy});
  }
  if (fleet_.book.get(what.who) == nullptr) {
    left(what, got.may_have_rotated, job);
  } else if (what.error) {
    co_await not_rotated(what, got, job);
  } else {
    co_await rotated(what, got.got, job);
  }
}

/// The workspace left the configuration during the call.
void rotator::left(const call& what, bool may_have_rotated, rotation_job& job) {
  dispatcher_.finished_for_nobody(what.was_slow);
  const auto without = may_have_rotated ? rotation_end::unknown : rotation_end::refused;
  job.end = what.error ? without : rotation_end::rotated;
  if (!what.error || may_have_rotated) look_at_returned(what.id);
  job.why = what.error ? what.error->sentence : left_meanwhile(what.id);
}

/// A workspace that left and came back during the call has been asked about meanwhile, and got the
/// old token.
void rotator::look_at_returned(const std::string& id) {
  const auto slot = fleet_.book.find(id);
  if (!slot) return;
  steps_.recorder.expect_pending_rotation(*slot, pending_rotation::ordered);
  event_tracker_.expect_news(*slot, deps_.time.now());
  dispatcher_.make_due(*slot, priority::rotate, trigger::command, deps_.time.now());
}

/// The answer to a rotation is an observation like any other: detect, report, store, deliver.
task<> rotator::apply_response(const call& what, fetched& got) {
  const finding found = steps_.recorder.detect(what, got);
  steps_.results.answered(what, got, found);
  if (found.is_change()) co_await steps_.recorder.record_revision(what, got, found);
  steps_.sinks.deliver(what, got, found);
  steps_.next.after_answer(what, got, found);
  co_await steps_.recorder.remember_length(found);
}

task<> rotator::rotated(const call& what, fetched& got, rotation_job& job) {
  steps_.recorder.expect_pending_rotation(what.who.slot, pending_rotation::none);
  co_await apply_response(what, got);
  const record* r = fleet_.book.get(what.who);
  if (r == nullptr) {
    job.end = rotation_end::rotated;
    job.why = left_meanwhile(what.id);
    co_return;
  }
  job.call.after = r->wanted.token;
  if (r->wanted.generation != job.call.before.generation) {
    job.end = rotation_end::rotated;
  } else {
    job.end = rotation_end::unknown;
    job.why = "workspace " + what.id +
              ": the Partner API answered the rotation with a token that was known before; the "
              "next check shows which one is valid";
    event_tracker_.expect_news(what.who.slot, deps_.time.now());
    co_await steps_.recorder.record_pending_rotation(what.who, pending_rotation::ordered);
    r = fleet_.book.get(what.who);
    if (r == nullptr) co_return;
  }
  dispatcher_.make_due(what.who.slot, priority::rotate, r->check.why, deps_.time.now());
}

task<> rotator::not_rotated(const call& what, const rotation_answer& got, rotation_job& job) {
  job.why = what.error->sentence;
  const steady_time now = deps_.time.now();
  if (got.may_have_rotated) {
    job.call.answer_lost = true;
    // As good as an event: a new token may be seen at once, or after a while.
    event_tracker_.expect_news(what.who.slot, now);
    steps_.fail(what, got.got, trigger::command);
    dispatcher_.make_due(what.who.slot, priority::rotate, trigger::command, now);
    co_return;
  }
  job.end = rotation_end::refused;
  // That we may not replace the token says nothing about whether we may have it.
  steps_.next.ended_in_vain(what, got.got);
  steps_.next.leave_alone(what);
  const record& r = fleet_.book.at(what.who.slot);
  const priority rank =
      r.check.dirty ? std::min(r.check.rank, priority::out_of_sync) : priority::out_of_sync;
  dispatcher_.make_due(what.who.slot, rank, r.check.dirty ? r.check.why : trigger::poll, now);
  co_await steps_.recorder.record_pending_rotation(what.who, job.call.doubted);
}

void rotator::checked(const call& what) {
  steps_.api.checked(!what.error);
  if (fleet_.book.get(what.who) != nullptr) follow_check(what);
  let_next_rotate();
}

void rotator::follow_check(const call& what) {
  const bool answered = !what.error;
  const bool believed = answered && !steps_.recorder.open_disputes().is_open(what.who.slot);
  jobs_.checked(what.who, answered, believed);
  const auto job = jobs_.waiting(what.who);
  if (!job || job->end) return;
  if (!answered && what.whose != blame::upstream) {
    job->end = rotation_end::not_asked;
    job->why = what.error->sentence;
    jobs_.changed();
  } else if (job->checks.before_call && !job->cleared) {
    jobs_.changed();  // whoever gave it looks at the destinations before
  } else if (!is_held_back(what.who)) {
    const trigger why = fleet_.book.at(what.who.slot).check.why;
    dispatcher_.make_due(what.who.slot, priority::rotate, why, deps_.time.now());
  }
}

}  // namespace tokensyncd::sync
