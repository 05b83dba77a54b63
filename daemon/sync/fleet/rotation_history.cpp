#include "daemon/sync/fleet/rotation_history.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::sync {

void rotation_history::rotated(std::uint32_t slot, const revision_event& what) {
  if (const auto found = by_slot_.find(slot);
      found != by_slot_.end() && found->second.size() == most_of_one) {
    drop_oldest_of(slot);
  } else if (order_.size() == most) {
    drop_oldest_of(order_.front());
  }
  past_rotation entry;
  entry.generation = what.now.generation;
  entry.why = what.why;
  entry.rotated_at = what.now.rotated_at;
  entry.times = what.times;
  by_slot_[slot].push_back(std::move(entry));
  order_.push_back(slot);
}

void rotation_history::delivered(std::uint32_t slot, std::uint32_t generation,
                                 std::string_view sink, wall_time when) {
  past_rotation* const entry = find(slot, generation);
  if (entry == nullptr || std::ranges::count(entry->sinks, sink, &arrival::sink) != 0) return;
  entry->sinks.push_back({std::string(sink), when});
}

void rotation_history::hook_done(std::uint32_t slot, std::uint32_t generation,
                                 std::string_view sink, wall_time when) {
  past_rotation* const entry = find(slot, generation);
  if (entry == nullptr) return;
  const auto found = std::ranges::find(entry->sinks, sink, &arrival::sink);
  if (found != entry->sinks.end() && !found->hook_done) found->hook_done = when;
}

void rotation_history::forget(std::uint32_t slot) {
  if (by_slot_.erase(slot) != 0) std::erase(order_, slot);
}

std::span<const past_rotation> rotation_history::of(std::uint32_t slot) const {
  const auto found = by_slot_.find(slot);
  if (found == by_slot_.end()) return {};
  return found->second;
}

past_rotation* rotation_history::find(std::uint32_t slot, std::uint32_t generation) {
  const auto found = by_slot_.find(slot);
  if (found == by_slot_.end()) return nullptr;
  const auto entry = std::ranges::find(found->second, generation, &past_rotation::generation);
  return entry == found->second.end() ? nullptr : &*entry;
}

void rotation_history::drop_oldest_of(std::uint32_t slot) {
  const auto found = by_slot_.find(slot);
  found->second.erase(found->second.begin());
  if (found->second.empty()) by_slot_.erase(found);
  order_.erase(std::ranges::find(order_, slot));
}

}  // namespace tokensyncd::sync
