#include "daemon/sync/dispatch/dispatcher.hpp"

#include <algorithm>

#include "daemon/sync/dispatch/stride.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_again_for_probe = 250ms;

/// Ranks of find_probe(): the lower the better.
constexpr unsigned last_answered = 0;
constexpr unsigned not_yet_failed = 1;
constexpr unsigned nobody = 6;

/// A workspace whose last call timed out may hold a quarter of the connections at most, so that
/// those that hang don't hold up those that answer.
std::size_t share_of_slow(unsigned workers) {
  return std::max(1U, workers / 4);
}

}  // namespace

dispatcher::dispatcher(ledger& book, double rate_limit, unsigned workers, steady_time now)
    : ledger_(book), schedule_(now), budget_(rate_limit, now), workers_(workers) {
  slow_.share = share_of_slow(workers);
}

void dispatcher::set_limits(double rate_limit, unsigned workers, steady_time now) {
  budget_.set_limit(rate_limit, now);
  slow_.share = share_of_slow(workers);
  workers_ = workers;
}

void dispatcher::put(std::uint32_t slot, steady_time when, priority rank,
                     std::optional<trigger> why) {
  record& r = ledger_.at(slot);
  r.check.at = stage::scheduled;
  r.check.rank = rank;
  r.check.why = why.value_or(r.check.why);
  schedule_.put(slot, std::max(when, pause_of(slot)));
}

steady_time dispatcher::pause_of(std::uint32_t slot) const {
  if (pauses_.empty()) return steady_time::min();
  const auto found = pauses_.find(slot);
  return found == pauses_.end() ? steady_time::min() : found->second;
}

void dispatcher::pause(std::uint32_t slot, steady_time until) {
  pauses_[slot] = until;
}

void dispatcher::make_due(std::uint32_t slot, priority rank, trigger why, steady_time now) {
  record& r = ledger_.at(slot);
  if (r.check.at == stage::in_flight) {
    if (!r.check.dirty) r.due = now;  // whoever asks now has what was due before
    const bool more_urgent = !r.check.dirty || rank < r.check.rank;
    r.check.dirty = true;
    if (!more_urgent) return;
    r.check.rank = rank;
    r.check.why = why;
    return;
  }
  if (r.check.at == stage::ready && r.check.rank <= rank) return;
  if (r.check.at == stage::scheduled && pause_of(slot) > now) {
    const bool waits_for_it = schedule_.contains(slot) && r.check.rank <= rank;
    if (!waits_for_it) r.check.why = why;
    put(slot, now, waits_for_it ? r.check.rank : rank);
    return;
  }
  if (r.check.at == stage::scheduled) {
    schedule_.remove(slot);
    r.due = now;
  }
  r.check.why = why;
  push_ready(slot, rank);
}

void dispatcher::count_wait_from(std::uint32_t slot, steady_time now) {
  ledger_.at(slot).due = now;
}

void dispatcher::push_ready(std::uint32_t slot, priority rank) {
  record& r = ledger_.at(slot);
  r.check.at = stage::ready;
  r.check.rank = rank;
  ready_[index_of(rank)].push_back(slot);
}

void dispatcher::collect_due(steady_time now) {
  while (const auto slot = schedule_.take_due(now)) {
    record& r = ledger_.at(*slot);
    r.due = schedule_.when(*slot);
    push_ready(*slot, r.check.rank);
  }
}

bool dispatcher::is_waiting_in(std::uint32_t slot, priority rank) const {
  const record& r = ledger_.at(slot);
  return r.used && r.check.at == stage::ready && r.check.rank == rank;
}

waiting_set dispatcher::waiting() {
  waiting_set set{};
  for (std::size_t i = 0; i < priority_count; ++i) {
    queue& line = ready_[i];
    while (!line.empty() && !is_waiting_in(line.front(), static_cast<priority>(i)))
      line.pop_front();
    set[i] = !line.empty();
  }
  return set;
}

void dispatcher::unpark() {
  while (!slow_.parked.empty() && !slow_.is_full()) {
    const std::uint32_t slot = slow_.parked.front();
    slow_.parked.pop_front();
    const record& r = ledger_.at(slot);
    if (!r.used || r.check.at != stage::ready) continue;
    ready_[index_of(r.check.rank)].push_front(slot);
    return;
  }
}

std::optional<handle> dispatcher::take(steady_time now) {
  if (upstream_.state() == upstream_state::normal) {
    if (const auto due = take_due(now)) return due;
  }
  return next_probe(now) <= now ? take_probe(now) : std::nullopt;
}

std::optional<handle> dispatcher::take_due(steady_time now) {
  collect_due(now);
  unpark();
  while (const auto who = budget_.turn(waiting(), now)) {
    queue& line = ready_[index_of(*who)];
    const std::uint32_t slot = line.front();
    line.pop_front();
    note_patience(slot);
    if (ledger_.at(slot).check.timed_out && slow_.is_full()) {
      slow_.parked.push_back(slot);
      continue;
    }
    return begin(slot, *who, now);
  }
  return {};
}

handle dispatcher::begin(std::uint32_t slot, priority who, steady_time now) {
  budget_.spend(who, now);
  upstream_.asked(now);
  record& r = ledger_.at(slot);
  slow_.in_flight += r.check.timed_out ? 1 : 0;
  r.check.at = stage::in_flight;
  r.check.dirty = false;
  return ledger_.handle_of(slot);
}

/// A slow one is so no longer once longer waits have become usual than the one that made it slow.
void dispatcher::note_patience(std::uint32_t slot) {
  record& r = ledger_.at(slot);
  if (!r.check.timed_out) return;
  const auto waited = slow_.in_vain.find(slot);
  r.check.timed_out = waited == slow_.in_vain.end() || waited->second >= patience_.now();
}

steady_time dispatcher::next_probe(steady_time now) {
  const bool is_closed = upstream_.state() != upstream_state::normal;
  const steady_time next = is_closed ? upstream_.opens_at(now) : upstream_.next_sample();
  if (next == steady_time::max()) return next;
  waiting_set poll{};
  poll[index_of(priority::poll)] = true;
  return std::max({next, probes_.not_before, budget_.next_turn(poll, now)});
}

std::optional<handle> dispatcher::take_probe(steady_time now) {
  probes_.not_before = now + look_again_for_probe;
  const auto slot = find_probe(now);
  if (!slot) return {};
  record& r = ledger_.at(*slot);
  if (r.check.at == stage::scheduled) {
    schedule_.remove(*slot);
    r.due = now;
  }
  note_patience(*slot);
  probes_.not_before = now;
  return begin(*slot, priority::poll, now);
}

/// How well a workspace shows whether the API as a whole answers: best those that it last answered,
/// never those that fail by themselves as long as there are others.
unsigned dispatcher::rank_as_probe(std::uint32_t slot, steady_time now) const {
  const record& r = ledger_.at(slot);
  if (r.check.at == stage::in_flight) return nobody;
  if (pause_of(slot) > now) return nobody - 1;
  const auto known = upstream_.standing_of(slot);
  if (known == upstream::standing::bad) return nobody - 2;
  const bool was_answered = r.times.last_success != 0 && r.state != workspace_state::gone &&
                            r.state != workspace_state::denied;
  const unsigned rank = was_answered ? last_answered : not_yet_failed;
  return known == upstream::standing::good ? rank : rank + 2;
}

/// Another one each time, so that one that fails doesn't stand for all.
std::optional<std::uint32_t> dispatcher::find_probe(steady_time now) {
  const auto slots = ledger_.by_id();
  // While the API counts as answering, only those that have not failed yet tell anything new.
  unsigned best = upstream_.state() == upstream_state::normal ? not_yet_failed + 1 : nobody;
  const stride order{slots.size()};
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < slots.size() && best != last_answered; ++i) {
    const unsigned rank = rank_as_probe(slots[order.at(probes_.turn + i)], now);
    if (rank >= best) continue;
    best = rank;
    found = probes_.turn + i;
  }
  if (!found) return {};
  probes_.turn = *found + 1;
  return slots[order.at(*found)];
}

steady_time dispatcher::next_action(steady_time now) {
  const steady_time probe = next_probe(now);
  if (upstream_.state() != upstream_state::normal) return probe;
  const steady_time next_due = schedule_.next().value_or(steady_time::max());
  return std::min({next_due, budget_.next_turn(waiting(), now), probe});
}

void dispatcher::finished(std::uint32_t slot, std::chrono::milliseconds in_vain) {
  record& r = ledger_.at(slot);
  slow_.in_flight -= r.check.timed_out ? 1 : 0;
  r.check.at = stage::scheduled;
  if (in_vain != 0ms) {
    slow_.in_vain[slot] = in_vain;
  } else if (r.check.timed_out) {
    slow_.in_vain.erase(slot);
  }
  r.check.timed_out = in_vain != 0ms;
  if (!pauses_.empty()) pauses_.erase(slot);
}

void dispatcher::pardon(std::uint32_t slot) {
  pauses_.erase(slot);
  slow_.in_vain.erase(slot);
  ledger_.at(slot).check.timed_out = false;
}

bool dispatcher::may_go_on(std::uint32_t slot) {
  // The only connection is nobody's alone.
  if (workers_ == 1 || slow_.is_full()) return false;
  ledger_.at(slot).check.timed_out = true;
  ++slow_.in_flight;
  return true;
}

void dispatcher::finished_for_nobody(bool was_slow) {
  slow_.in_flight -= was_slow ? 1 : 0;
}

void dispatcher::remove(std::uint32_t slot) {
  schedule_.remove(slot);
  pauses_.erase(slot);
  slow_.in_vain.erase(slot);
}

std::optional<steady_time> dispatcher::when(std::uint32_t slot) const {
  if (!schedule_.contains(slot)) return {};
  return schedule_.when(slot);
}

}  // namespace tokensyncd::sync
