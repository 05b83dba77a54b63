#include "daemon/sync/dispatch/schedule.hpp"

#include <utility>

namespace tokensyncd::sync {

using std::chrono::milliseconds;

void schedule::put(std::uint32_t entry, steady_time when) {
  if (entry >= positions_.size()) {
    positions_.resize(entry + 1, absent);
    slots_.resize(entry + 1, 0);
  }
  const auto slot = std::chrono::ceil<milliseconds>(when - origin_).count();
  slots_[entry] = (slot + slot_width.count() - 1) / slot_width.count();
  if (positions_[entry] == absent) {
    heap_.push_back(entry);
    positions_[entry] = static_cast<std::uint32_t>(heap_.size() - 1);
  }
  sift_up(positions_[entry]);
  sift_down(positions_[entry]);
}

void schedule::remove(std::uint32_t entry) {
  if (!contains(entry)) return;
  const std::size_t position = positions_[entry];
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  positions_[entry] = absent;
  if (last == entry) return;
  set_position(position, last);
  sift_up(position);
  sift_down(positions_[last]);
}

bool schedule::contains(std::uint32_t entry) const noexcept {
  return entry < positions_.size() && positions_[entry] != absent;
}

steady_time schedule::when(std::uint32_t entry) const {
  return origin_ + slots_[entry] * slot_width;
}

std::optional<steady_time> schedule::next() const {
  if (heap_.empty()) return {};
  return when(heap_.front());
}

std::optional<std::uint32_t> schedule::take_due(steady_time now) {
  if (heap_.empty() || when(heap_.front()) > now) return {};
  const std::uint32_t entry = heap_.front();
  remove(entry);
  return entry;
}

void schedule::set_position(std::size_t position, std::uint32_t entry) {
  heap_[position] = entry;
  positions_[entry] = static_cast<std::uint32_t>(position);
}

void schedule::sift_up(std::size_t position) {
  const std::uint32_t entry = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(entry, heap_[parent])) break;
    set_position(position, heap_[parent]);
    position = parent;
  }
  set_position(position, entry);
}

void schedule::sift_down(std::size_t position) {
  const std::uint32_t entry = heap_[position];
  for (;;) {
    std::size_t child = position * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], entry)) break;
    set_position(position, heap_[child]);
    position = child;
  }
  set_position(position, entry);
}

milliseconds phase_of(std::string_view id, milliseconds interval) {
  // FNV-1a, then a mix: ids that differ in their last digit must not lie side by side.
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 33U;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33U;
  return milliseconds{
      static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval.count()))};
}

steady_time first_check(steady_time now, milliseconds interval, milliseconds phase) {
  const auto since = std::chrono::ceil<milliseconds>(now.time_since_epoch()) - phase;
  auto rounds = since / interval;
  if (rounds * interval < since) ++rounds;
  return steady_time{rounds * interval + phase};
}

steady_time next_check(steady_time now, milliseconds interval, milliseconds phase,
                       double jitter_share, double jitter) {
  const auto share = static_cast<double>(interval.count()) * jitter_share;
  // This check may have come as much before its own place.
  const milliseconds early{static_cast<std::int64_t>(share) + 1};
  auto nominal = first_check(now + early, interval, phase);
  // Too soon after this check, and the time after it too late: once halfway between, then in place.
  if (nominal - now < interval / 2) nominal = now + (nominal - now + interval) / 2;
  return nominal + milliseconds{static_cast<std::int64_t>(share * jitter)};
}

}  // namespace tokensyncd::sync
