#include "daemon/sync/engine.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/sync/dispatch/stride.hpp"
#include "daemon/sync/engine_impl.hpp"

namespace tokensyncd::sync {
namespace {

/// What a program under way has when the daemon stops: less than the 10 s after which that leaves.
constexpr std::chrono::seconds time_for_programs{7};

}  // namespace

result<void> engine::impl::restore() {
  const auto lengths = deps.state.token_lengths();
  if (!lengths) return lengths.error();
  for (const std::uint16_t each : *lengths) fleet.history.token_lengths.add(each);

  const auto on_workspace = [this](const stored_workspace& row) {
    remembered.removed.restore(row);
  };
  const auto on_presence = [this](const stored_presence& row) { remembered.removed.restore(row); };
  const auto loaded = deps.state.load(deps.time.wall(), on_workspace, on_presence);
  remembered.removed.finish_restore();
  refresh_all();
  return loaded;
}

task<void> engine::impl::run() {
  // An exception in one task is reported and nothing else, because it must not end the others.
  const auto ex = co_await asio::this_coro::executor;
  auto on_exception = [this](const std::exception_ptr& thrown) {
    report_fault(fault_of("a task of the engine", thrown));
  };
  tasks.endless.emplace(ex, on_exception);
  tasks.ending.emplace(ex, on_exception);
  stages.sink_tasks.begin(ex, deps.time, report_fault);

  std::exception_ptr broken;
  try {
    // Drift is looked for first, because a reboot may have emptied destinations.
    stages.channels.start();
    co_await stages.drift.first_looks();

    // Every workspace has its turn before a worker asks, so that the most urgent goes first.
    schedule_all();
    start_workers();
    tasks.endless->start(kept_up("cleanup", [this] { return stages.cleanup.tend(); }));
    if (spread) {
      tasks.endless->start(
          kept_up("the rotation policy", [this] { return operations.policy.run(); }));
    }
    finish_left_while_down();
    co_await tasks.endless->watch();  // until cancelled
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) broken = std::current_exception();
  } catch (...) {
    broken = std::current_exception();
  }

  // Another cancellation must not break off the shutdown, because that finishes writes.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await shut_down();
  if (broken) std::rethrow_exception(broken);
}

task<> engine::impl::shut_down() {
  // Nothing new begins. Deliveries still may where a rotation is under way.
  tasks.is_leaving = true;
  const steady_time last = deps.time.now() + time_for_programs;
  stages.workers.stop();
  const bool rotates = stages.workers.is_rotating();
  if (!rotates) stages.delivery.stop();

  // Workers end before the sinks, because they hand tokens to them.
  tasks.endless->cancel();
  co_await tasks.endless->join();

  // The old token is dead already, so a rotation that had begun is delivered before the end.
  if (rotates) co_await asio::post(use_task);
  stages.delivery.stop();

  // Deliveries and hooks under way get a time limit, because the daemon must leave in time.
  stages.sink_tasks.end_by(last);
  stages.hooks.stop(last);
  co_await tasks.ending->join();

  // The sinks' own tasks end only now: a sink may have a last word on what was delivered.
  co_await stages.sink_tasks.end();
  tasks.endless.reset();
  tasks.ending.reset();

  // The store closes last, because all of the above write to it.
  co_await remembered.writer.save_times();
  if (remembered.writer.has_lost_store()) co_await remembered.writer.store_all();
  co_await deps.state.close();
}

task<> engine::impl::kept_up(std::string name, std::function<task<>()> work) const {
  return supervised(deps.time, std::move(name), std::move(work), report_fault);
}

void engine::impl::start_workers() {
  auto watched = [this](std::function<task<>()> work) {
    return kept_up("a worker", std::move(work));
  };
  stages.workers.staff(*tasks.endless, watched);
}

void engine::impl::schedule_all() {
  const auto slots = fleet.book.by_id();
  const stride order{slots.size()};
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::uint32_t slot = slots[order.at(i)];
    if (fleet.book.at(slot).token.pending != pending_rotation::none)
      stages.event_tracker.expect_news(slot, deps.time.now());
    schedule_first(slot);
  }
}

void engine::impl::schedule_first(std::uint32_t slot) {
  const record& r = fleet.book.at(slot);
  // Drift has made it due already.
  if (r.check.at != stage::scheduled || stages.dispatcher.when(slot)) return;

  // A workspace that is in sync waits for its own time, so that not all ask at once.
  const steady_time now = deps.time.now();
  if (spread && fleet.all_in_sync(r) && r.token.pending == pending_rotation::none) {
    const auto interval = fleet.profile_of(r).interval;
    const steady_time first = first_check(now, interval, phase_of(r.id, interval));
    stages.dispatcher.put(slot, first, priority::poll);
    return;
  }

  // The others are due now.
  const bool is_well = fleet.all_in_sync(r) && r.token.pending == pending_rotation::none;
  const priority rank = is_well ? priority::poll : fleet.priority_of(r);
  stages.dispatcher.make_due(slot, rank, r.check.why, now);
}

void engine::impl::finish_left_while_down() {
  auto left = remembered.removed.take_left_while_down(stages.sink_tasks);
  retire(std::move(left.destinations), std::move(left.news));
  save_owners();
}

task<void> engine::impl::settled() {
  while (fleet.progress.unsettled != 0) co_await when_settled->sleep_until(steady_time::max());
}

std::size_t engine::impl::sync(std::string_view id) {
  // Checks become due now, and deliveries that failed don't wait for their time.
  const steady_time now = deps.time.now();
  std::size_t count = 0;
  auto make_due = [&](std::uint32_t slot) {
    stages.dispatcher.make_due(slot, priority::poll, trigger::poll, now);
    ++count;
  };
  if (id.empty()) {
    for (const std::uint32_t slot : fleet.book.by_id()) make_due(slot);
    stages.delivery.retry_all_now();
  } else if (const auto slot = fleet.book.find(id)) {
    make_due(*slot);
    stages.delivery.retry_now(*slot);
  }

  // Sinks look at their systems too, because an operator has often just changed one by hand.
  if (count != 0) stages.channels.ask_anew(anew::by_an_operator);
  if (count != 0) stages.drift.look_now();
  ask_api_again();
  return count;
}

void engine::impl::store_anew() {
  remembered.writer.note_loss();
  if (tasks.may_start()) tasks.ending->start(remembered.writer.store_all());
}

bool engine::impl::event(std::string_view id, bool copy) {
  const bool is_known = stages.intake.came(id, copy, deps.time.now());
  if (is_known) stages.workers.wake();
  return is_known;
}

// The rest is the engine as others see it: each call goes to the part that answers it.

engine::engine(dependencies deps, engine_settings setup, bool spread)
    : impl_(std::make_unique<impl>(deps, std::move(setup), spread)) {}
engine::~engine() = default;

result<void> engine::restore() {
  return impl_->restore();
}
task<void> engine::run() {
  return impl_->run();
}
task<void> engine::settled() {
  return impl_->settled();
}
void engine::reload(engine_settings setup) {
  impl_->reload(std::move(setup));
}
void engine::resume_rotations() {
  impl_->operations.policy.resume();
}
std::size_t engine::sync(std::string_view id) {
  return impl_->sync(id);
}
void engine::ask_api_again() {
  impl_->ask_api_again();
}
void engine::store_anew() {
  impl_->store_anew();
}
bool engine::event(std::string_view id, bool copy) {
  return impl_->event(id, copy);
}
task<std::vector<planned>> engine::plan(std::vector<std::string> only) {
  return impl_->operations.plan.plan(std::move(only));
}
task<rotation_report> engine::rotate(std::string id, rotation_request how) {
  return impl_->operations.rotate.rotate(std::move(id), how);
}
std::optional<rotation_report> engine::broken_off_rotation() {
  return impl_->operations.rotate.broken_off();
}
task<std::optional<rotation_outlook>> engine::outlook(std::string id) {
  return impl_->operations.rotate.outlook(std::move(id));
}
task<std::vector<verified_token>> engine::verify(std::vector<std::string> only) {
  return impl_->operations.verify.verify(std::move(only));
}
std::vector<std::string> engine::unattended() const {
  return impl_->status.unattended();
}
token_test engine::tokens() {
  return impl_->stages.known_tokens.test();
}
fleet_status engine::fleet() const {
  fleet_status out = impl_->status.status();
  out.policy = policy();
  return out;
}
std::optional<policy_status> engine::policy() const {
  return impl_->operations.policy.status();
}
readiness engine::ready(std::chrono::milliseconds grace, std::string_view only) const {
  return impl_->status.ready(grace, only);
}
std::size_t engine::size() const noexcept {
  return impl_->fleet.book.by_id().size();
}
bool engine::next(std::string_view after, workspace_status& out) const {
  return impl_->status.next(after, out);
}
bool engine::find(std::string_view id, workspace_status& out) const {
  return impl_->status.find(id, out);
}

}  // namespace tokensyncd::sync
