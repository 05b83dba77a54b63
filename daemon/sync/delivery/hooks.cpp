#include "daemon/sync/delivery/hooks.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {

task<> hooks::serve(std::shared_ptr<sink_channel> l) {
  auto tell = [this, l](const failure& fault) {
    // What follows a run has failed: it counts as not run.
    if (l->hook.is_running()) l->hook.failed(deps_.time.now(), deps_.rng.fraction());
    deps_.observer.task_failed(fault);
  };
  auto turns = [this, &l] { return take_turns(l); };
  co_await supervised(deps_.time, *l->hook_turn, "the hook of sink " + l->what.name, turns, tell);
}

task<> hooks::take_turns(std::shared_ptr<sink_channel> l) {
  while (!stopping_ && !l->retired) {
    if (l->unseen.empty()) l->hook.drop();
    const steady_time turn = l->hook.next_turn(l->queue.is_busy());
    if (turn > deps_.time.now()) {
      co_await l->hook_turn->sleep_until(turn);
    } else {
      co_await run(l);
    }
  }
}

void hooks::stop(steady_time last) {
  stopping_ = true;
  for (hook* const each : running_) each->end_by(last);
  for (const auto& l : fleet_.channels) l->hook_turn->wake();
}

task<> hooks::run(std::shared_ptr<sink_channel> l) {
  const std::shared_ptr<hook> program = l->what.on_change;
  const steady_time began = deps_.time.now();
  l->hook.started(began, l->what.debounce);
  l->being_seen = l->unseen;
  const auto profiles = fleet_.profiles;  // their labels outlive a reload so
  std::vector<hook_change> shown = changes_of(*l);
  const token_test known = known_tokens_.test();
  auto attempt = run_to_its_end(*program, shown, known);
  const auto how = co_await contained_and_told(deps_.observer, "the hook of sink " + l->what.name,
                                               std::move(attempt));

  const steady_time now = deps_.time.now();
  std::vector<change> changes;
  std::optional<failure> why;
  hook_event event{l->what.name, now - began, shown.size()};
  if (how) {
    l->hook.succeeded();
    l->hook_error.clear();
  } else {
    why = how.error();
    event.error = &*why;
    event.error_is_new = why->sentence != l->hook_error;
    event.retry_in = l->hook.failed(now, deps_.rng.fraction());
    event.consecutive = l->hook.failures();
    l->hook_error = why->sentence;
  }
  mark_seen(*l, shown, changes);
  // What changed while it ran, which it may have missed.
  if (how && !l->unseen.empty()) l->hook.want(now);
  deps_.observer.hook_ran(event);
  if (changes.empty()) co_return;
  co_await save_or_tell(deps_, std::move(changes));
}

task<result<void>> hooks::run_to_its_end(hook& program, std::span<hook_change> shown,
                                         const token_test& known) {
  running_.insert(&program);
  auto leave = [this, &program] { running_.erase(&program); };
  const on_exit left{leave};
  co_return co_await program.run(shown, known);
}

std::vector<hook_change> hooks::changes_of(const sink_channel& l) const {
  std::vector<hook_change> all;
  all.reserve(l.being_seen.size());
  for (const auto& [slot, generation] : l.being_seen) {
    const record& r = fleet_.book.at(slot);
    all.push_back({r.id, &fleet_.profile_of(r).workspace_labels, generation});
  }
  std::ranges::sort(all, {}, &hook_change::workspace);
  return all;
}

void hooks::mark_seen(sink_channel& l, std::span<const hook_change> shown,
                      std::vector<change>& changes) {
  const auto begun = std::exchange(l.being_seen, {});
  for (const hook_change& each : shown) {
    const auto slot = each.seen ? fleet_.book.find(each.workspace) : std::nullopt;
    // Changed again meanwhile, or left: what the hook saw isn't what is there now.
    const auto was = slot ? begun.find(*slot) : begun.end();
    if (was == begun.end() || was->second != each.generation) continue;
    record& r = fleet_.book.at(*slot);
    const auto index = fleet_.presence_in(r, l);
    if (!index) continue;
    fleet_.book.presence_at(*index).hook_seen = each.generation;
    fleet_.history.latest.hook_done(*slot, each.generation, l.what.name, deps_.time.wall());
    changes.emplace_back(seen_presence{l.what.writer->place(fleet_.target_of(r)), each.generation});
    fleet_.refresh(r, deps_.time.now());
  }
}

}  // namespace tokensyncd::sync
