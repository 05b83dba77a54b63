#include "daemon/sync/operations/rotate.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fleet/token_age.hpp"

namespace tokensyncd::sync {
namespace {

bool has_changed(const rotation_job& job, const record& r) {
  return job.call.before.generation != 0 && r.wanted.token != job.call.before.token;
}

std::string why_unknown(const rotation_job& job) {
  const std::string lost = job.at == rotation_job::stage::asking
                               ? "the command did not wait for the answer"
                               : "the answer was lost (" + job.why + ")";
  std::string why =
      "its token may have been rotated, because " + lost + "; the next check shows it";
  if (job.checks.after_call) why += "; the first check found the old token";
  return why;
}

}  // namespace

bool is_done(const rotation_report& report) {
  if (report.how == rotation_end::young) return true;
  return report.how == rotation_end::rotated && !report.sinks.empty() &&
         std::ranges::all_of(report.sinks, &rotated_destination::in_sync);
}

rotation_runner::rotation_runner(clock& time, fleet& all, dispatcher& plan, workers& crew,
                                 preflight& inspector, run_tasks& tasks)
    : time_(time),
      fleet_(all),
      dispatcher_(plan),
      workers_(crew),
      preflight_(inspector),
      tasks_(tasks) {}

task<rotation_report> rotation_runner::rotate(std::string id, rotation_request how) {
  rotation_report report;
  report.workspace = std::move(id);
  const auto slot = fleet_.book.find(report.workspace);
  if (!slot) {
    report.how = rotation_end::unknown_workspace;
    report.why = "the configuration in force has no workspace " + report.workspace;
    co_return report;
  }

  // A young token stays, because its consumers would have to take up another one for nothing.
  const handle who = fleet_.book.handle_of(*slot);
  const record& r = fleet_.book.at(*slot);
  const bool known = r.wanted.generation != 0;
  if (how.older_than && known && is_younger(r, *how.older_than, time_, workers_.clock_skew())) {
    report.how = rotation_end::young;
    report.why = why_young(r, time_, workers_.clock_skew());
    describe_destinations(who, report);
    co_return report;
  }

  // One job a workspace at a time, because the first one's new token must arrive first.
  const auto job = workers_.jobs().open(who, how);
  if (!job) {
    report.how = rotation_end::busy;
    report.why = "workspace " + report.workspace +
                 " is being rotated by another command; `tokensyncd status` shows the result";
    co_return report;
  }

  // However this ends, the job is taken out, because nobody waits for it any more.
  const auto me = time_.make_sleeper();
  job->waiter = me.get();
  bool is_reported = false;
  auto leave = [this, &job, &is_reported, id = report.workspace] {
    let_go(job);
    if (is_reported) return;
    broken_off_ = lost_command{id, job};
  };
  const on_exit left{leave};

  // The old token stops at once, so the destinations are inspected before the call is made.
  job->cleared = how.force;
  const std::chrono::milliseconds before = how.wait_before.value_or(how.timeout);
  if (!how.force) co_await clear(*job, *me, before, report.sinks);
  if (job->cleared) {
    make_due(*job);
    co_await follow(*job, *me, before, how.timeout);
  }
  describe(*job, report);
  is_reported = true;
  co_return report;
}

std::optional<rotation_report> rotation_runner::broken_off() const {
  if (!broken_off_) return std::nullopt;
  rotation_report report;
  report.workspace = broken_off_->workspace;
  describe(*broken_off_->job, report);
  return report;
}

void rotation_runner::make_due(const rotation_job& job) {
  const record* r = fleet_.book.get(job.who);
  if (r == nullptr) return;
  dispatcher_.make_due(job.who.slot, priority::rotate, r->check.why, time_.now());
  workers_.wake();
}

task<> rotation_runner::clear(rotation_job& job, sleeper& me, std::chrono::milliseconds timeout,
                              std::vector<rotated_destination>& obstacles) {
  // A token that isn't known well enough is checked first.
  const steady_time until = time_.now() + timeout;
  if (workers_.looks_first(job)) {
    make_due(job);
    while (!is_over(job) && !job.checks.before_call && time_.now() < until) {
      co_await me.sleep_until(until);
    }
    if (is_over(job) || !job.checks.before_call) co_return;
  }

  // The check may have shown a token that is younger than was known.
  const record& r = fleet_.book.at(job.who.slot);
  const std::string id = r.id;
  if (job.older_than && is_younger(r, *job.older_than, time_, workers_.clock_skew())) {
    job.end = rotation_end::young;
    job.why = why_young(r, time_, workers_.clock_skew());
    co_return;
  }

  // A destination with an obstacle leaves everything as it is.
  const auto destinations = co_await look_at_destinations(job.who, timeout);
  if (is_over(job)) co_return;
  for (const rotation_destination& each : destinations) {
    if (!each.obstacle.empty()) obstacles.push_back({each.sink, each.in_sync, each.obstacle});
  }
  job.cleared = obstacles.empty();
  if (job.cleared) co_return;
  job.end = rotation_end::obstructed;
  job.why = "workspace " + id +
            " was not rotated, because the old token would stop working and the new one would "
            "not arrive; fix the cause, or add --force to rotate anyway";
}

task<std::vector<rotation_destination>> rotation_runner::look_at_destinations(
    handle who, std::chrono::milliseconds timeout) {
  const std::chrono::milliseconds limit =
      std::min<std::chrono::milliseconds>(timeout, preflight::longest_look);
  if (tasks_.may_start()) co_return co_await preflight_.look(who, *tasks_.endless, limit);
  // On a stack of its own: what it makes of its cancellation state must not outlive it.
  const auto home = co_await asio::this_coro::executor;
  auto apart = look_apart(who, limit);
  co_return co_await asio::co_spawn(home, std::move(apart), use_task);
}

/// While run() isn't there to look after those that outlast the command.
task<std::vector<rotation_destination>> rotation_runner::look_apart(
    handle who, std::chrono::milliseconds limit) {
  task_group lookers(co_await asio::this_coro::executor);
  std::vector<rotation_destination> found;
  std::exception_ptr broken;
  try {
    found = co_await preflight_.look_only(who, lookers, limit);
  } catch (...) {
    broken = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  lookers.cancel();
  co_await lookers.join();
  if (broken) std::rethrow_exception(broken);
  co_return found;
}

task<std::optional<rotation_outlook>> rotation_runner::outlook(std::string id) {
  const auto slot = fleet_.book.find(id);
  if (!slot) co_return std::nullopt;
  const handle who = fleet_.book.handle_of(*slot);
  rotation_outlook seen;
  seen.workspace = std::move(id);
  seen.destinations = co_await look_at_destinations(who, preflight::longest_look);
  const record* r = fleet_.book.get(who);
  if (r == nullptr) co_return std::nullopt;
  seen.now = r->wanted;
  if (r->wanted.generation != 0) {
    seen.age = std::chrono::floor<std::chrono::seconds>(age_of(*r, time_, workers_.clock_skew()));
  }
  co_return seen;
}

task<> rotation_runner::follow(rotation_job& job, sleeper& me,
                               std::chrono::milliseconds before_call,
                               std::chrono::milliseconds timeout) {
  steady_time until = time_.now() + before_call;
  auto before = job.at;
  while (!is_over(job)) {
    // A call that has begun ends by its own time limit, and must be known of; the time for what
    // follows begins when it has.
    const bool asking = job.at == rotation_job::stage::asking;
    if (job.at != std::exchange(before, job.at)) until = time_.now() + timeout;
    if (!asking && time_.now() >= until) co_return;
    co_await me.sleep_until(asking ? steady_time::max() : until);
  }
}

bool rotation_runner::is_over(const rotation_job& job) const {
  if (job.at == rotation_job::stage::asking) return false;
  const record* r = fleet_.book.get(job.who);
  if (r == nullptr) return true;
  if (job.end && *job.end != rotation_end::rotated) return true;
  if (job.at == rotation_job::stage::waiting) return false;
  if (job.call.answer_lost)
    return job.checks.after_call && (!has_changed(job, *r) || fleet_.all_in_sync(*r));
  return (job.checks.after_call || job.checks.failed) && fleet_.all_in_sync(*r);
}

void rotation_runner::let_go(const std::shared_ptr<rotation_job>& job) {
  job->waiter = nullptr;
  if (job->at == rotation_job::stage::asking) return;  // closed when it has been answered
  workers_.jobs().close(job);
}

/// What keeps the API from being asked: what it does to all, or else to this workspace alone.
std::string rotation_runner::why_no_call(handle who) const {
  const upstream& api = dispatcher_.api();
  if (api.state() == upstream_state::throttled)
    return "the Partner API limits the rate, so all calls are paused; try again later";
  if (api.state() != upstream_state::normal && api.cause())
    return "no call was made, because the last one failed: " + api.cause()->sentence;
  const auto own = fleet_.troubles.find(who.slot);
  if (own != fleet_.troubles.end() && !own->second.sentence.empty()) return own->second.sentence;
  return "its turn did not come in time; try again later, or with a longer --timeout";
}

void rotation_runner::describe(const rotation_job& job, rotation_report& out) const {
  const record* r = fleet_.book.get(job.who);
  out.answer_lost = job.call.answer_lost;
  describe_end(job, r, out);
  if (r == nullptr) return;
  // Its obstacles are listed already.
  if (out.how == rotation_end::obstructed) {
    out.now = r->wanted;
    return;
  }
  out.confirmed = out.how == rotation_end::rotated && job.checks.after_call &&
                  (job.call.answer_lost || r->wanted.token == job.call.after);
  describe_destinations(job.who, out);
  if (out.how != rotation_end::rotated) return;
  const std::string of_workspace = "workspace " + out.workspace + ": ";
  if (!is_done(out)) {
    out.why = of_workspace + "rotated, but not delivered to every sink yet";
  } else if (!out.confirmed) {
    out.why = of_workspace + "rotated and delivered, but the check that confirms it got no answer";
  }
}

/// How it ended, and why: as the job says, else from what is known now.
void rotation_runner::describe_end(const rotation_job& job, const record* r,
                                   rotation_report& out) const {
  const std::string of_workspace = "workspace " + out.workspace + ": ";
  out.why = job.why;
  if (job.end) {
    out.how = *job.end;
  } else if (job.at == rotation_job::stage::waiting) {
    out.how = rotation_end::not_asked;
    out.why = of_workspace + why_not_asked(job.who, r);
  } else if (r != nullptr && has_changed(job, *r)) {
    out.how = rotation_end::rotated;
    out.why.clear();
  } else {
    out.how = rotation_end::unknown;
    out.why = of_workspace + why_unknown(job);
  }
}

std::string rotation_runner::why_not_asked(handle who, const record* r) const {
  if (r == nullptr) return "it was removed from the configuration; nothing was rotated";
  if (tasks_.is_leaving) return "the API was not asked before the stop; nothing was rotated";
  return "nothing was rotated: " + why_no_call(who);
}

void rotation_runner::describe_destinations(handle who, rotation_report& out) const {
  const record& r = fleet_.book.at(who.slot);
  out.now = r.wanted;
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    const sink_channel& l = fleet_.channel_of(r, k);
    const pair_trouble* wrong = l.queue.trouble(who.slot);
    out.sinks.push_back({l.what.name, fleet::in_sync(r, fleet_.presence_of(r, k)),
                         wrong == nullptr ? std::string{} : wrong->sentence});
  }
}

}  // namespace tokensyncd::sync
