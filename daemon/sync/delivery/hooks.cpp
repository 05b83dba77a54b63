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
  const token_test known = tokens();
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

token_test hooks::tokens() {
  auto list = list_.lock();
  if (!list) list_ = list = std::make_shared<token_list>();
  token_test test;
  test.is_token = [this, list](std::string_view text) { return is_token(*list, text); };
  test.lengths = [this] { return fleet_.history.token_lengths.all(); };
  return test;
}

bool hooks::is_token(token_list& list, std::string_view text) const {
  const std::uint64_t changes = fleet_.history.newest.changes();
  // What came meanwhile a program may have read.
  if (!list.as_of || changes - *list.as_of > recent_tokens::most) {
    list.known = known_tokens();
    list.as_of = changes;
  }
  const fingerprint print = deps_.prints.of(text);
  return fleet_.history.newest.holds(print, *list.as_of) ||
         std::ranges::binary_search(list.known, print.bytes, {}, &fingerprint::bytes);
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

/// Of all sinks: the programs of one may well read what another wrote.
std::vector<fingerprint> hooks::known_tokens() const {
  std::vector<fingerprint> known;
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    if (r.wanted.generation == 0) continue;
    known.push_back(r.wanted.token);
    if (r.has_previous) known.push_back(r.previous);
  }
  fleet_.history.past.add_to(known);
  if (of_who_left) of_who_left(known);
  std::ranges::sort(known, {}, &fingerprint::bytes);
  return known;
}

}  // namespace tokensyncd::sync
