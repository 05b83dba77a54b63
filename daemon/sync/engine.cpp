#include "daemon/sync/engine.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/sync/dispatch/stride.hpp"
#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {
namespace {

/// What a program under way has when the daemon stops: less than the 10 s after which that leaves.
constexpr std::chrono::seconds time_for_programs{7};

}  // namespace

engine::core::core(dependencies deps, engine_settings setup, bool spread)
    : memory_(deps.memory),
      deps_{deps.time, deps.rng, memory_, deps.observer, deps.prints},
      tell_fault_([this](const failure& fault) { deps_.observer.task_failed(fault); }),
      spread_(spread),
      whole_(setup.whole),
      started_(deps.time.now()),
      started_wall_(deps.time.wall()),
      dispatcher_(all.book, setup.rate_limit, setup.workers, started_),
      cleanup_(deps_, all, sink_tasks_),
      delivery_(deps_, all, sink_tasks_, cleanup_),
      checks_(deps_, all, dispatcher_, delivery_, event_tracker_, spread),
      drift_(deps_, all, dispatcher_, checks_, delivery_),
      preflight_(deps.time, all, delivery_,
                 [this](sink_channel& l, handle who) { drift_.found(l, who); }),
      known_tokens_(deps.prints, all),
      settled_(deps.time.make_sleeper()) {
  known_tokens_.of_who_left = [this](std::vector<fingerprint>& known) {
    for (const auto& [id, past] : retired_) {
      if (past.what.wanted.generation != 0) known.push_back(past.what.wanted.token);
      if (past.what.previous) known.push_back(*past.what.previous);
    }
  };
  cleanup_.look_again = [this] { drift_.look_now(); };
  all.progress.one_in_sync = [this] { checks_.orders().changed(); };
  delivery_.on_delivered = [this](handle who, std::shared_ptr<const pending_token> what) {
    if (verify_after_ && checker_ && worker_tasks_ && !leaving_) {
      worker_tasks_->start(verify_delivered(who, std::move(what)));
    }
  };
  all.progress.all_settled = [this] { settled_->wake(); };
  all.profiles = std::make_shared<const std::vector<config::workspace_profile>>();
  reload(std::move(setup));
}

result<void> engine::core::restore() {
  auto on_workspace = [this](const stored_workspace& row) {
    const auto slot = row.retired_at ? std::nullopt : all.book.find(row.id);
    if (slot) {
      restore_row(all.book.at(*slot), row);
    } else {
      retired_[row.id].what = row;
    }
  };
  auto on_presence = [this](const stored_presence& row) { restore_row(row); };
  const auto lengths = deps_.memory.token_lengths();
  if (!lengths) return lengths.error();
  for (const std::uint16_t each : *lengths) all.history.token_lengths.add(each);
  const auto loaded = deps_.memory.load(deps_.time.wall(), on_workspace, on_presence);
  // A workspace that was retired and is in the configuration again goes on where it was.
  const std::vector<std::uint32_t> slots(all.book.by_id().begin(), all.book.by_id().end());
  recall(slots);
  note_left_while_down();
  refresh_all();
  return loaded;
}

void engine::core::restore_row(record& r, const stored_workspace& row) {
  r.wanted = row.wanted;
  if (row.previous) {
    r.previous = *row.previous;
    r.has_previous = true;
  }
  // Not from a future that our clock has taken back: no answer would be newer than that.
  const wall_time now = deps_.time.wall();
  const wall_time known_since = std::min(row.known_since, now);
  r.known_since = deps_.time.now() - (now - known_since);
  if (row.wanted.generation > 1) {
    all.history.seen_rotation(known_since);
  }
  r.unsure = row.unsure;
  if (row.formers) all.history.past.restore(all.book.slot_of(r), *row.formers);
  if (row.last_attempt) r.last_attempt = to_unix_seconds(*row.last_attempt);
  if (row.last_success) r.last_success = to_unix_seconds(*row.last_success);
  if (r.last_success != 0) r.state = workspace_state::ok;
}

void engine::core::start_channel(const std::shared_ptr<sink_channel>& l) {
  sink_workers_->start(delivery_.serve(l));
  sink_workers_->start(hooks_.serve(l));
  worker_tasks_->start(
      kept_up("looks at sink " + l->what.name, [this, l] { return drift_.watch(l); }));
}

task<> engine::core::kept_up(std::string name, std::function<task<>()> work) {
  return supervised(deps_.time, std::move(name), std::move(work), tell_fault_);
}

void engine::core::listen_to_sinks() {
  for (const auto& l : all.channels) {
    sink& one = *l->what.writer;
    one.report_to([this, &one](sink_news what) { hear(one, what); });
  }
}

void engine::core::hear(const sink& who, sink_news what) {
  for (const auto& l : all.channels) {
    if (l->what.writer.get() != &who) continue;
    if (what == sink_news::look_again) {
      drift::look_now(*l);
    } else {
      l->queue.retry_all_now();
      l->sleep->wake();
    }
  }
}

void engine::core::ask_sinks_anew(anew why) {
  for (const auto& l : all.channels) {
    if (l->what.writer->ask_anew(why)) hear(*l->what.writer, sink_news::try_again);
  }
}

void engine::core::start_workers() {
  auto watched = [this](std::function<task<>()> work) {
    return kept_up("a worker", std::move(work));
  };
  checks_.staff(*worker_tasks_, watched);
}

void engine::core::schedule_first(std::uint32_t slot) {
  record& r = all.book.at(slot);
  if (r.at != stage::scheduled || dispatcher_.when(slot)) return;  // drift has made it due already
  const steady_time now = deps_.time.now();
  r.due = now;
  if (spread_ && all.all_in_sync(r) && r.unsure == doubt::none) {
    const auto interval = all.profile_of(r).interval;
    dispatcher_.put(slot, first_check(now, interval, phase_of(r.id, interval)), priority::poll);
    return;
  }
  const bool is_well = all.all_in_sync(r) && r.unsure == doubt::none;
  const priority rank = is_well ? priority::poll : all.priority_of(r);
  dispatcher_.make_due(slot, rank, r.why, now);
}

task<void> engine::core::run() {
  const auto ex = co_await asio::this_coro::executor;
  auto told = [this](const std::exception_ptr& thrown) {
    tell_fault_(fault_of("a task of the engine", thrown));
  };
  worker_tasks_.emplace(ex, told);
  sink_workers_.emplace(ex, told);
  sink_tasks_.begin(ex, deps_.time, tell_fault_);
  std::exception_ptr broken;
  try {
    listen_to_sinks();
    sink_tasks_.keep(all.channels);
    for (const auto& l : all.channels) start_channel(l);
    co_await drift_.first_looks();
    const auto slots = all.book.by_id();
    const stride order{slots.size()};
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::uint32_t slot = slots[order.at(i)];
      if (all.book.at(slot).unsure != doubt::none)
        event_tracker_.expect_news(slot, deps_.time.now());
      schedule_first(slot);
    }
    start_workers();
    worker_tasks_->start(kept_up("cleanup", [this] { return cleanup_.tend(); }));
    finish_left_while_down();
    co_await worker_tasks_->watch();  // until cancelled
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) broken = std::current_exception();
  } catch (...) {
    broken = std::current_exception();
  }

  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  leaving_ = true;
  const steady_time last = deps_.time.now() + time_for_programs;
  checks_.stop();
  const bool rotates = checks_.is_rotating();
  if (!rotates) delivery_.stop();
  worker_tasks_->cancel();
  co_await worker_tasks_->join();
  // The old token is dead already, so a rotation that had begun is delivered before the end.
  if (rotates) co_await asio::post(use_task);
  delivery_.stop();
  sink_tasks_.end_by(last);
  hooks_.stop(last);
  co_await sink_workers_->join();
  // Only now: a sink may have a last word on what was delivered.
  co_await sink_tasks_.end();
  worker_tasks_.reset();
  sink_workers_.reset();
  co_await save_times();
  if (has_lost_store_) co_await store_all();
  co_await deps_.memory.close();
  if (broken) std::rethrow_exception(broken);
}

task<void> engine::core::settled() {
  while (all.progress.unsettled != 0) co_await settled_->sleep_until(steady_time::max());
}

std::size_t engine::core::sync(std::string_view id) {
  const steady_time now = deps_.time.now();
  std::size_t count = 0;
  auto make_due = [&](std::uint32_t slot) {
    dispatcher_.make_due(slot, priority::poll, trigger::poll, now);
    ++count;
  };
  if (id.empty()) {
    for (const std::uint32_t slot : all.book.by_id()) make_due(slot);
    delivery_.retry_all_now();
  } else if (const auto slot = all.book.find(id)) {
    make_due(*slot);
    delivery_.retry_now(*slot);
  }
  if (count != 0) ask_sinks_anew(anew::by_an_operator);
  // Who asks for a check has often just touched a place by hand.
  if (count != 0) drift_.look_now();
  checks_.wake();
  return count;
}

}  // namespace tokensyncd::sync
