#include "daemon/sync/lane.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds first_backoff = 1s;
constexpr milliseconds longest_backoff = 5min;
constexpr milliseconds longest_pause = 30s;

/// 1 s doubling, and up to a quarter less so that those who failed together don't return together.
milliseconds backoff(std::uint32_t failures, milliseconds most, double chance) {
  const auto doublings = std::min<std::uint32_t>(failures - 1, 16);
  const auto whole = std::min<milliseconds>(first_backoff * (1LL << doublings), most);
  const std::chrono::duration<double, std::milli> spread = whole * (0.75 + chance / 4);
  return std::chrono::ceil<milliseconds>(spread);
}

}  // namespace

void lane::enqueue(std::uint32_t slot) {
  places_[slot] = place::queued;
  queue_.push_back(slot);
}

void lane::want(std::uint32_t slot) {
  const auto found = places_.find(slot);
  if (found == places_.end() || found->second == place::later) return enqueue(slot);
  if (found->second == place::in_flight) found->second = place::in_flight_again;
}

void lane::owe(std::uint32_t slot) {
  if (!places_.contains(slot)) enqueue(slot);
}

void lane::hurry(std::uint32_t slot) {
  const auto found = places_.find(slot);
  if (found == places_.end()) return;
  if (found->second == place::later) {
    std::erase_if(later_, [slot](const auto& entry) { return entry.second == slot; });
    enqueue(slot);
  }
  if (found->second == place::queued) paused_until_ = steady_time::min();
}

void lane::hurry_all() {
  release_later();
  paused_until_ = steady_time::min();
}

std::optional<std::uint32_t> lane::take(steady_time now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const std::uint32_t slot = later_.begin()->second;
    later_.erase(later_.begin());
    const auto found = places_.find(slot);
    if (found != places_.end() && found->second == place::later) enqueue(slot);
  }
  const std::size_t allowed = tripped() ? 1 : concurrency;
  if (in_flight_ >= allowed || (tripped() && now < paused_until_)) return {};
  while (!queue_.empty()) {
    const std::uint32_t slot = queue_.front();
    queue_.pop_front();
    const auto found = places_.find(slot);
    if (found == places_.end() || found->second != place::queued) continue;
    found->second = place::in_flight;
    ++in_flight_;
    return slot;
  }
  return {};
}

steady_time lane::next_turn() const {
  const std::size_t allowed = tripped() ? 1 : concurrency;
  if (in_flight_ >= allowed) return steady_time::max();
  steady_time first = queue_.empty() ? steady_time::max() : steady_time::min();
  if (!later_.empty()) first = std::min(first, later_.begin()->first);
  return tripped() ? std::max(first, paused_until_) : first;
}

void lane::ended(std::uint32_t slot) {
  --in_flight_;
  const auto found = places_.find(slot);
  // Its workspace may have left meanwhile, and its slot may serve another one by now.
  if (found == places_.end() || found->second == place::queued || found->second == place::later) {
    return;
  }
  const bool again = found->second == place::in_flight_again;
  places_.erase(found);
  if (again) enqueue(slot);
}

void lane::release_later() {
  for (const auto& [when, slot] : later_) {
    const auto found = places_.find(slot);
    if (found != places_.end() && found->second == place::later) enqueue(slot);
  }
  later_.clear();
}

void lane::succeeded(std::uint32_t slot) {
  if (failed_in_a_row_ != 0) release_later();
  failed_in_a_row_ = 0;
  last_error_.clear();
  troubles_.erase(slot);
  ended(slot);
}

milliseconds lane::failed(std::uint32_t slot, const failure& why, steady_time now, double chance) {
  ended(slot);
  auto& trouble = troubles_[slot];
  trouble.sentence = why.sentence;
  trouble.kind = why.kind;
  ++trouble.consecutive;

  if (concerns_whole_sink(why.kind)) {
    ++failed_in_a_row_;
    last_error_ = why.sentence;
    if (tripped()) {
      const auto failures = failed_in_a_row_ - trip_after + 1;
      paused_until_ = now + backoff(failures, longest_pause, chance);
    }
  }
  const auto wait = backoff(trouble.consecutive, longest_backoff, chance);
  const auto [found, inserted] = places_.try_emplace(slot, place::later);
  if (inserted) later_.emplace(now + wait, slot);
  return inserted ? wait : 0ms;
}

void lane::dropped(std::uint32_t slot) {
  ended(slot);
}

void lane::settled(std::uint32_t slot) {
  troubles_.erase(slot);
  ended(slot);
}

void lane::forget(std::uint32_t slot) {
  // A delivery under way still ends; it then finds that nobody wants it.
  places_.erase(slot);
  troubles_.erase(slot);
}

const pair_trouble* lane::trouble(std::uint32_t slot) const {
  const auto found = troubles_.find(slot);
  return found == troubles_.end() ? nullptr : &found->second;
}

const pair_trouble* lane::some_trouble() const noexcept {
  const auto first =
      std::ranges::min_element(troubles_, {}, [](const auto& one) { return one.first; });
  return first == troubles_.end() ? nullptr : &first->second;
}

}  // namespace tokensyncd::sync
