#include "daemon/sync/agenda.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

/// A workspace whose last call timed out may hold a quarter of the connections at most, so that
/// those that hang don't hold up those that answer.
std::size_t share_of_slow(unsigned workers) {
  return std::max(1U, workers / 4);
}

}  // namespace

agenda::agenda(ledger& book, double rate_limit, unsigned workers, steady_time now)
    : ledger_(book),
      schedule_(now),
      budget_(rate_limit, now),
      slow_share_(share_of_slow(workers)) {}

void agenda::set_limits(double rate_limit, unsigned workers, steady_time now) {
  budget_.set_limit(rate_limit, now);
  slow_share_ = share_of_slow(workers);
}

void agenda::put(std::uint32_t slot, steady_time when, urgency hurry) {
  record& r = ledger_.at(slot);
  r.at = stage::scheduled;
  r.hurry = hurry;
  schedule_.put(slot, when);
}

void agenda::make_due(std::uint32_t slot, urgency hurry, trigger why, steady_time now) {
  record& r = ledger_.at(slot);
  if (r.at == stage::in_flight) {
    if (!r.dirty) r.due = now;  // whoever asks now has what was due before
    const bool more_urgent = !r.dirty || hurry < r.hurry;
    r.dirty = true;
    if (!more_urgent) return;
    r.hurry = hurry;
    r.why = why;
    return;
  }
  if (r.at == stage::ready && r.hurry <= hurry) return;
  if (r.at == stage::scheduled) {
    schedule_.remove(slot);
    r.due = now;
  }
  r.why = why;
  push_ready(slot, hurry);
}

void agenda::push_ready(std::uint32_t slot, urgency hurry) {
  record& r = ledger_.at(slot);
  r.at = stage::ready;
  r.hurry = hurry;
  ready_[index_of(hurry)].push_back(slot);
}

void agenda::collect_due(steady_time now) {
  while (const auto slot = schedule_.take_due(now)) {
    record& r = ledger_.at(*slot);
    r.due = schedule_.when(*slot);
    push_ready(*slot, r.hurry);
  }
}

bool agenda::is_waiting_in(std::uint32_t slot, urgency hurry) const {
  const record& r = ledger_.at(slot);
  return r.used && r.at == stage::ready && r.hurry == hurry;
}

waiting_set agenda::waiting() {
  waiting_set set{};
  for (std::size_t i = 0; i < urgency_count; ++i) {
    queue& line = ready_[i];
    while (!line.empty() && !is_waiting_in(line.front(), static_cast<urgency>(i))) line.pop_front();
    set[i] = !line.empty();
  }
  return set;
}

void agenda::unpark() {
  while (!parked_.empty() && slow_in_flight_ < slow_share_) {
    const std::uint32_t slot = parked_.front();
    parked_.pop_front();
    const record& r = ledger_.at(slot);
    if (!r.used || r.at != stage::ready) continue;
    ready_[index_of(r.hurry)].push_front(slot);
    return;
  }
}

std::optional<handle> agenda::take(steady_time now) {
  if (!upstream_.may_ask(now)) return {};
  collect_due(now);
  unpark();
  while (const auto who = budget_.turn(waiting(), now)) {
    queue& line = ready_[index_of(*who)];
    const std::uint32_t slot = line.front();
    line.pop_front();
    record& r = ledger_.at(slot);
    if (r.timed_out && slow_in_flight_ >= slow_share_) {
      parked_.push_back(slot);
      continue;
    }
    budget_.spend(*who, now);
    upstream_.asked();
    slow_in_flight_ += r.timed_out ? 1 : 0;
    r.at = stage::in_flight;
    r.dirty = false;
    return ledger_.handle_of(slot);
  }
  return {};
}

steady_time agenda::next_action(steady_time now) {
  if (!upstream_.may_ask(now)) return upstream_.opens_at();
  const steady_time next_due = schedule_.next().value_or(steady_time::max());
  return std::min(next_due, budget_.next_turn(waiting(), now));
}

void agenda::finished(std::uint32_t slot, bool timed_out) {
  record& r = ledger_.at(slot);
  slow_in_flight_ -= r.timed_out ? 1 : 0;
  r.timed_out = timed_out;
  r.at = stage::scheduled;
}

void agenda::finished_for_nobody(bool was_slow) {
  slow_in_flight_ -= was_slow ? 1 : 0;
}

void agenda::remove(std::uint32_t slot) {
  schedule_.remove(slot);
}

std::optional<steady_time> agenda::when(std::uint32_t slot) const {
  if (!schedule_.contains(slot)) return {};
  return schedule_.when(slot);
}

}  // namespace tokensyncd::sync
