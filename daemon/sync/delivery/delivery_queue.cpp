#include "daemon/sync/delivery/delivery_queue.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr backoff between_tries{1s, 5min};
constexpr milliseconds shortest_probe = 1s;
constexpr milliseconds longest_probe = 15s;

/// A short outage, such as a new leader, is noticed to be over within a second; a long one within a
/// tenth of its length.
milliseconds probe_pause(std::chrono::nanoseconds lasted, double jitter) {
  const auto tenth = std::chrono::duration_cast<milliseconds>(lasted / 10);
  return with_jitter(std::clamp(tenth, shortest_probe, longest_probe), jitter);
}

}  // namespace

delivery_queue::cause delivery_queue::cause_of(failure_kind kind) {
  return concerns_whole_sink(kind) ? cause{} : cause{kind};
}

void delivery_queue::push(std::uint32_t slot) {
  entries_[slot] = {stage::queued, {}};
  queue_.push_back(slot);
}

void delivery_queue::stop_waiting(std::uint32_t slot) {
  const auto found = troubles_.find(slot);
  if (found == troubles_.end()) return;
  groups_[cause_of(found->second.kind)].waiting.erase({entries_[slot].due, slot});
}

void delivery_queue::enqueue(std::uint32_t slot) {
  const auto found = entries_.find(slot);
  if (found == entries_.end()) return push(slot);
  if (found->second.at == stage::in_flight) found->second.at = stage::in_flight_again;
  if (found->second.at != stage::later) return;
  stop_waiting(slot);
  push(slot);
}

void delivery_queue::enqueue_unless_held(std::uint32_t slot) {
  if (!entries_.contains(slot)) push(slot);
}

void delivery_queue::retry_now(std::uint32_t slot) {
  const auto found = entries_.find(slot);
  if (found == entries_.end()) return;
  if (found->second.at == stage::later) enqueue(slot);
  if (!tripped() || found->second.at != stage::queued) return;
  // As the next probe of the sink, which is whoever is first.
  std::erase(queue_, slot);
  queue_.push_front(slot);
  groups_[cause{}].next_probe = steady_time::min();
}

void delivery_queue::retry_all_now() {
  for (auto each = groups_.begin(); each != groups_.end(); ++each) {
    release(each);
    each->second.next_probe = steady_time::min();
  }
}

void delivery_queue::release(groups::iterator which) {
  for (const auto& [due, slot] : which->second.waiting) push(slot);
  which->second.waiting.clear();
}

void delivery_queue::enqueue_due(steady_time now) {
  for (auto& [why, those] : groups_) {
    while (!those.waiting.empty() && those.waiting.begin()->first <= now) {
      push(those.waiting.begin()->second);
      those.waiting.erase(those.waiting.begin());
    }
  }
}

std::uint32_t delivery_queue::begin(std::uint32_t slot) {
  entries_[slot] = {stage::in_flight, {}};
  ++in_flight_;
  return slot;
}

std::optional<std::uint32_t> delivery_queue::take_queued() {
  while (!queue_.empty()) {
    const std::uint32_t slot = queue_.front();
    queue_.pop_front();
    const auto found = entries_.find(slot);
    if (found != entries_.end() && found->second.at == stage::queued) return begin(slot);
  }
  return {};
}

std::optional<std::uint32_t> delivery_queue::take_waiting(group& those) {
  if (those.waiting.empty()) return {};
  const std::uint32_t slot = those.waiting.begin()->second;
  those.waiting.erase(those.waiting.begin());
  return begin(slot);
}

steady_time delivery_queue::next_probe_of(const group& those) const {
  const auto waits = [](const auto& each) { return !each.second.waiting.empty(); };
  const bool anybody =
      tripped() ? !queue_.empty() || std::ranges::any_of(groups_, waits) : !those.waiting.empty();
  return anybody && !those.probe ? those.next_probe : steady_time::max();
}

std::optional<std::uint32_t> delivery_queue::take_probe(steady_time now) {
  if (tripped()) {
    group& whole = groups_[cause{}];
    if (now < next_probe_of(whole)) return {};
    whole.probe = take_queued();
    for (auto each = groups_.begin(); !whole.probe && each != groups_.end(); ++each) {
      whole.probe = take_waiting(each->second);
    }
    return whole.probe;
  }
  for (auto& [why, those] : groups_) {
    if (now >= next_probe_of(those)) return those.probe = take_waiting(those);
  }
  return {};
}

std::optional<std::uint32_t> delivery_queue::take(steady_time now) {
  if (!tripped()) enqueue_due(now);
  if (const auto probe = take_probe(now)) return probe;
  if (tripped() || in_flight_ >= concurrency) return {};
  return take_queued();
}

steady_time delivery_queue::next_turn() const {
  if (tripped()) return next_probe_of(groups_.at(cause{}));
  if (in_flight_ < concurrency && !queue_.empty()) return steady_time::min();
  steady_time first = steady_time::max();
  for (const auto& [why, those] : groups_) {
    if (those.waiting.empty()) continue;
    const bool may_go = in_flight_ < concurrency;
    first = std::min(first, next_probe_of(those));
    if (may_go) first = std::min(first, those.waiting.begin()->first);
  }
  return first;
}

void delivery_queue::ended(std::uint32_t slot) {
  --in_flight_;
  for (auto& [why, those] : groups_) {
    if (those.probe == slot) those.probe.reset();
  }
  const auto found = entries_.find(slot);
  // Its workspace may have left meanwhile, and its slot may serve another one by now.
  if (found == entries_.end()) return;
  const stage was = found->second.at;
  if (was == stage::queued || was == stage::later) return;
  entries_.erase(found);
  if (was == stage::in_flight_again) push(slot);
}

/// Notes a failure of `slot`: it is one of those who fail for this cause.
void delivery_queue::join(std::uint32_t slot, const failure& why, steady_time now, double jitter) {
  const auto known = troubles_.find(slot);
  const bool stays = known != troubles_.end() && cause_of(known->second.kind) == cause_of(why.kind);
  // Waiting for others is no failure that another one would be the next of.
  const bool goes_on =
      known != troubles_.end() && (stays || known->second.kind != failure_kind::incomplete);
  const std::uint32_t before = goes_on ? known->second.consecutive : 0;
  const steady_time since = goes_on ? known->second.since : now;
  if (!stays) leave(slot);
  troubles_[slot] = {why.sentence, why.kind, before + 1, since};
  failed_last_ = slot;
  group& those = groups_[cause_of(why.kind)];
  if (!stays) ++those.members;
  if (!those.since) {
    those.since = now;
    those.next_probe = now + probe_pause(0s, jitter);
  } else if (stays) {
    // Any of them who is tried again is as good as a probe. Those who fail together for the first
    // time say nothing new.
    put_off_probe(those, now, jitter);
  }
}

void delivery_queue::put_off_probe(group& those, steady_time now, double jitter) {
  const auto pause = probe_pause(now - those.since.value_or(now), jitter);
  those.next_probe = std::max(those.next_probe, now + pause);
}

void delivery_queue::leave(std::uint32_t slot) {
  const auto known = troubles_.find(slot);
  if (known == troubles_.end()) return;
  const auto those = groups_.find(cause_of(known->second.kind));
  troubles_.erase(known);
  if (failed_last_ == slot) failed_last_.reset();
  if (--those->second.members != 0) return;
  if (!those->first) failed_in_a_row_ = 0;
  release(those);
  groups_.erase(those);
}

void delivery_queue::succeeded(std::uint32_t slot) {
  ended(slot);
  if (tripped()) recovered(groups_.find(cause{}));
  failed_in_a_row_ = 0;
  sink_trouble_.reset();
  const auto known = troubles_.find(slot);
  if (known == troubles_.end()) return;
  recovered(groups_.find(cause_of(known->second.kind)));
  leave(slot);
}

void delivery_queue::recovered(groups::iterator which) {
  release(which);
  which->second.since.reset();
}

milliseconds delivery_queue::failed(std::uint32_t slot, const failure& why, steady_time now,
                                    double jitter) {
  for (auto& [key, those] : groups_) {
    if (those.probe == slot) put_off_probe(those, now, jitter);
  }
  ended(slot);
  join(slot, why, now, jitter);
  group& those = groups_[cause_of(why.kind)];
  if (concerns_whole_sink(why.kind)) {
    ++failed_in_a_row_;
    sink_trouble_ = why;
  }
  // Who waits for others is called when they come: retry_now(), or a probe.
  const auto pause = why.kind == failure_kind::incomplete
                         ? with_jitter(between_tries.most, jitter)
                         : between_tries.after(troubles_[slot].consecutive, jitter);
  const auto own = now + pause;
  const bool is_the_probe = those.waiting.empty() && !those.probe && those.next_probe > now;
  const auto next = is_the_probe ? std::min(own, those.next_probe) : own;
  const auto [found, inserted] = entries_.try_emplace(slot, entry{stage::later, next});
  if (!inserted) return 0ms;
  those.waiting.emplace(next, slot);
  return std::chrono::ceil<milliseconds>(next - now);
}

void delivery_queue::dropped(std::uint32_t slot) {
  ended(slot);
}

void delivery_queue::settled(std::uint32_t slot) {
  ended(slot);
  leave(slot);
}

void delivery_queue::forget(std::uint32_t slot) {
  // A delivery under way still ends; it then finds that nobody wants it.
  const auto found = entries_.find(slot);
  if (found != entries_.end() && found->second.at == stage::later) stop_waiting(slot);
  entries_.erase(slot);
  leave(slot);
}

const pair_trouble* delivery_queue::trouble(std::uint32_t slot) const {
  const auto found = troubles_.find(slot);
  return found == troubles_.end() ? nullptr : &found->second;
}

const pair_trouble* delivery_queue::latest_trouble() const noexcept {
  if (failed_last_) return trouble(*failed_last_);
  return troubles_.empty() ? nullptr : &troubles_.begin()->second;
}

}  // namespace tokensyncd::sync
