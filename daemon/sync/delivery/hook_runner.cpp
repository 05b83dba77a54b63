#include "daemon/sync/delivery/hook_runner.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/fleet/known_tokens.hpp"
#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {

hook_runner::hook_runner(const dependencies& deps, fleet& all, known_tokens& known,
                         const sink_channel& of)
    : deps_(deps),
      fleet_(all),
      known_tokens_(known),
      channel_(of),
      turn_(deps.time.make_sleeper()) {}

task<> hook_runner::serve(std::shared_ptr<const sink_channel> self) {
  auto report = [this](const failure& fault) {
    // What follows a run has failed: it counts as not run.
    if (schedule_.is_running()) schedule_.failed(deps_.time.now(), deps_.rng.fraction());
    deps_.observer.task_failed(fault);
  };
  auto turns = [this] { return take_turns(); };
  co_await supervised(deps_.time, *turn_, "the hook of sink " + self->what.name, turns, report);
}

task<> hook_runner::take_turns() {
  while (!stopping_ && !channel_.retired) {
    if (unseen_.empty()) schedule_.drop();
    const steady_time turn = schedule_.next_turn(channel_.queue.is_busy());
    if (turn > deps_.time.now()) {
      co_await turn_->sleep_until(turn);
    } else {
      co_await run();
    }
  }
}

void hook_runner::stop(steady_time last) {
  stopping_ = true;
  if (running_ != nullptr) running_->end_by(last);
  turn_->wake();
}

task<> hook_runner::run() {
  // A reload during the run must not take away what the run uses: the program and the labels.
  const std::shared_ptr<hook> program = channel_.what.on_change;
  const auto profiles = fleet_.profiles;
  const steady_time began = deps_.time.now();
  schedule_.started(began, channel_.what.debounce);
  being_seen_ = unseen_;
  std::vector<hook_change> shown = changes_to_show();
  const token_test known = known_tokens_.test();

  auto attempt = run_to_its_end(*program, shown, known);
  const auto how = co_await contained_and_reported(
      deps_.observer, "the hook of sink " + channel_.what.name, std::move(attempt));

  // How it ended decides when the next run begins.
  const steady_time now = deps_.time.now();
  std::optional<failure> why;
  hook_event event{channel_.what.name, now - began, shown.size()};
  if (how) {
    if (const auto since = schedule_.failing_since()) event.failed_for = now - *since;
    schedule_.succeeded();
    error_.clear();
  } else {
    why = how.error();
    event.error = &*why;
    event.error_is_new = why->sentence != error_;
    event.retry_in = schedule_.failed(now, deps_.rng.fraction());
    event.consecutive = schedule_.failures();
    error_ = why->sentence;
  }

  // Even a run that failed may have succeeded for some.
  std::vector<change> changes = mark_seen(shown);
  // What changed while it ran, which it may have missed.
  if (how && !unseen_.empty()) schedule_.want(now);
  deps_.observer.hook_ran(event);

  // Stored last, as after a delivery: a crash before it has the hook run once more.
  if (changes.empty()) co_return;
  co_await save_or_report(deps_, std::move(changes));
}

task<result<void>> hook_runner::run_to_its_end(hook& program, std::span<hook_change> shown,
                                               const token_test& known) {
  running_ = &program;
  auto leave = [this] { running_ = nullptr; };
  const on_exit left{leave};
  co_return co_await program.run(shown, known);
}

std::vector<hook_change> hook_runner::changes_to_show() const {
  std::vector<hook_change> all;
  all.reserve(being_seen_.size());
  for (const auto& [slot, generation] : being_seen_) {
    const record& r = fleet_.book.at(slot);
    all.push_back({r.id, &fleet_.profile_of(r).workspace_labels, generation});
  }
  std::ranges::sort(all, {}, &hook_change::workspace);
  return all;
}

/// Notes in the ledger what a run has seen, and returns what is to be stored of it.
std::vector<change> hook_runner::mark_seen(std::span<const hook_change> shown) {
  std::vector<change> changes;
  const auto begun = std::exchange(being_seen_, {});
  for (const hook_change& each : shown) {
    // Where it changed again meanwhile, or left, the hook saw something else than is there now.
    const auto slot = each.seen ? fleet_.book.find(each.workspace) : std::nullopt;
    const auto was = slot ? begun.find(*slot) : begun.end();
    if (was == begun.end() || was->second != each.generation) continue;
    record& r = fleet_.book.at(*slot);
    const auto index = fleet_.presence_in(r, channel_);
    if (!index) continue;

    // refresh() calls update(), which takes it out of unseen_.
    fleet_.book.presence_at(*index).hook_seen = each.generation;
    fleet_.history.latest.hook_done(*slot, each.generation, channel_.what.name, deps_.time.wall());
    changes.emplace_back(
        seen_presence{channel_.what.writer->destination(fleet_.target_of(r)), each.generation});
    fleet_.refresh(r, deps_.time.now());
  }
  return changes;
}

void hook_runner::written(std::uint32_t slot, presence& p, const written_destination& how) {
  if (!how.untouched) {
    // After a repair the hook may have seen this generation before it was spoilt. And the run under
    // way began before this delivery.
    if (p.hook_seen == p.generation) p.hook_seen = 0;
    being_seen_.erase(slot);
  } else if (how.same_token && how.generation_before != 0 && p.hook_seen == how.generation_before) {
    p.hook_seen = p.generation;  // the same bytes under a new number
  }
}

bool hook_runner::update(std::uint32_t slot, const presence& p, steady_time now) {
  if (!is_pending(p)) {
    unseen_.erase(slot);
    return false;
  }
  const auto [known, is_new] = unseen_.try_emplace(slot, p.generation);
  if (is_new || known->second != p.generation) {
    known->second = p.generation;
    schedule_.want(now);
    turn_->wake();
  }
  return true;
}

void hook_runner::retry_now(steady_time now) {
  if (unseen_.empty()) return;
  schedule_.want(now);
  turn_->wake();
}

void hook_runner::forget(std::uint32_t slot) {
  unseen_.erase(slot);
  being_seen_.erase(slot);
}

void hook_runner::reset() {
  unseen_.clear();
  being_seen_.clear();
}

bool hook_runner::is_pending(const presence& p) const noexcept {
  return channel_.what.on_change != nullptr && p.generation != 0 && p.hook_seen != p.generation;
}

bool hook_runner::is_about_to_see(const presence& p, steady_time now) const noexcept {
  const steady_time turn = schedule_.next_turn(false);
  const bool is_due_or_under_way = turn <= now || turn == steady_time::max();
  return is_pending(p) && schedule_.failures() == 0 && is_due_or_under_way;
}

hook_status hook_runner::status() const noexcept {
  return {unseen_.size(), schedule_.failures(), error_, schedule_.failing_since()};
}

task<> hook_runners::serve(const std::shared_ptr<sink_channel>& l) {
  std::erase_if(served_, [](const auto& each) { return each.expired(); });
  served_.push_back(l);
  return l->hook.serve(l);
}

void hook_runners::stop(steady_time last) {
  for (const auto& each : served_) {
    if (const auto l = each.lock()) l->hook.stop(last);
  }
}

}  // namespace tokensyncd::sync
