#include "daemon/sync/dispatch/event_tracker.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {

void event_tracker::expect(bool events) noexcept {
  expected_ = events;
  if (!events) unannounced_.clear();
}

event_tracker::check_request event_tracker::came(std::uint32_t slot, bool copy, steady_time now) {
  sweep(now);
  if (const auto found = unannounced_.find(slot); found != unannounced_.end()) {
    if (now - found->second > late) ++missed_;
    unannounced_.erase(found);
  }
  const auto known = hints_.find(slot);
  if (copy && known != hints_.end()) {
    // Before the first question: the check that is due already answers this one too.
    const steady_time asked = known->second.asked;
    return {false, asked == steady_time::min() ? now : std::max(now, asked + copy_interval)};
  }
  const steady_time asked = known == hints_.end() ? steady_time::min() : known->second.asked;
  hint fresh;
  fresh.came = now;
  fresh.asked = asked;
  if (const auto found = ours_.find(slot); found != ours_.end()) {
    fresh.open = now - found->second > late;
    ours_.erase(found);
  }
  hints_.insert_or_assign(slot, fresh);
  return {true, now};
}

void event_tracker::expect_news(std::uint32_t slot, steady_time now) {
  hint fresh;
  fresh.came = now;
  if (const auto known = hints_.find(slot); known != hints_.end())
    fresh.asked = known->second.asked;
  hints_.insert_or_assign(slot, fresh);
}

void event_tracker::came_in_flight(std::uint32_t slot) {
  if (const auto found = hints_.find(slot); found != hints_.end()) found->second.repeated = true;
}

void event_tracker::asked(std::uint32_t slot, steady_time now) {
  const auto found = hints_.find(slot);
  if (found == hints_.end()) return;
  found->second.asked = now;
  found->second.repeated = false;
}

void event_tracker::answered(std::uint32_t slot, bool news) {
  const auto found = hints_.find(slot);
  if (found == hints_.end()) return;
  hint& about = found->second;
  about.failures = 0;
  // An answer to a question from before the event says nothing about it.
  if (news && about.asked >= about.came) about.open = false;
}

std::optional<steady_time> event_tracker::next(std::uint32_t slot, bool news, steady_time now) {
  answered(slot, news);
  const auto found = hints_.find(slot);
  if (found == hints_.end()) return {};
  hint& about = found->second;
  if (about.repeated) return repeated(slot, now);
  if (!about.open) return {};
  if (!about.since) about.since = now;
  if (now - *about.since >= repeated_for) {
    about.open = false;
    return {};
  }
  constexpr backoff pauses{first_repetition, 128 * first_repetition};
  return now + pauses.after(++about.step);
}

unsigned event_tracker::failed(std::uint32_t slot) {
  const auto found = hints_.find(slot);
  return found == hints_.end() ? 1 : ++found->second.failures;
}

void event_tracker::rotated(std::uint32_t slot, trigger why, steady_time asked, steady_time now) {
  if (why == trigger::command) expect_ours(slot, asked, now);
  if (!expected_ || why != trigger::poll) return;
  const auto known = hints_.find(slot);
  const bool announced =
      known != hints_.end() && (known->second.open || now - known->second.came <= late);
  if (announced) return;
  const auto [found, is_first] = unannounced_.try_emplace(slot, now);
  if (is_first) return;
  // One event can't have announced both.
  ++missed_;
  found->second = now;
}

void event_tracker::expect_ours(std::uint32_t slot, steady_time asked, steady_time now) {
  const auto known = hints_.find(slot);
  const bool came = known != hints_.end() && known->second.came >= asked;
  if (known != hints_.end()) known->second.open = false;
  if (expected_ && !came) ours_.insert_or_assign(slot, now);
}

bool event_tracker::is_open(std::uint32_t slot) const {
  const auto found = hints_.find(slot);
  return found != hints_.end() && (found->second.open || found->second.repeated);
}

std::optional<steady_time> event_tracker::repeated(std::uint32_t slot, steady_time now) const {
  const auto found = hints_.find(slot);
  if (found == hints_.end() || !found->second.repeated) return {};
  return std::max(now, found->second.asked + copy_interval);
}

void event_tracker::forget(std::uint32_t slot, steady_time now) {
  hints_.erase(slot);
  ours_.erase(slot);
  const auto found = unannounced_.find(slot);
  if (found == unannounced_.end()) return;
  if (now - found->second > late) ++missed_;  // it was told already
  unannounced_.erase(found);
}

std::uint64_t event_tracker::missed(steady_time now) const {
  const auto overdue = std::count_if(unannounced_.begin(), unannounced_.end(),
                                     [&](const auto& each) { return now - each.second > late; });
  return missed_ + static_cast<std::uint64_t>(overdue);
}

void event_tracker::sweep(steady_time now) {
  if (hints_.size() < sweep_at_) return;
  std::erase_if(hints_, [&](const auto& each) {
    return !each.second.open && !each.second.repeated && now - each.second.came > late;
  });
  sweep_at_ = std::max<std::size_t>(64, 2 * hints_.size());
}

}  // namespace tokensyncd::sync
