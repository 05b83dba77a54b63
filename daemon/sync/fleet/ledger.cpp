#include "daemon/sync/fleet/ledger.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::sync {

std::uint32_t ledger::take_slot() {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  records_.emplace_back();
  return static_cast<std::uint32_t>(records_.size() - 1);
}

ledger::merge_result ledger::merge(std::vector<config::workspace> workspaces) {
  merge_result result;
  result.former_profile.assign(records_.size() + workspaces.size(), no_profile);
  for (const std::uint32_t slot : by_id_)
    result.former_profile[slot] = records_[slot].entry.profile;
  std::vector<std::uint32_t> fresh;
  fresh.reserve(workspaces.size());
  records_.reserve(std::max(records_.size(), workspaces.size()));

  auto old = by_id_.begin();
  for (auto& incoming : workspaces) {
    while (old != by_id_.end() && records_[*old].id < incoming.id) result.removed.push_back(*old++);
    if (old != by_id_.end() && records_[*old].id == incoming.id) {
      records_[*old].entry.profile = incoming.profile;
      fresh.push_back(*old++);
      continue;
    }
    const std::uint32_t slot = take_slot();
    record& added = records_[slot];
    const std::uint32_t epoch = added.entry.epoch + 1;
    added = record{};
    added.id = std::move(incoming.id);
    added.entry.profile = incoming.profile;
    added.entry.epoch = epoch;
    added.used = true;
    result.added.push_back(slot);
    fresh.push_back(slot);
  }
  result.removed.insert(result.removed.end(), old, by_id_.end());
  by_id_ = std::move(fresh);
  return result;
}

void ledger::drop(std::span<const std::uint32_t> removed) {
  for (const std::uint32_t slot : removed) {
    const std::uint32_t epoch = records_[slot].entry.epoch + 1;
    records_[slot] = record{};
    records_[slot].entry.epoch = epoch;
    free_.push_back(slot);
  }
}

record* ledger::get(handle which) {
  if (which.slot >= records_.size()) return nullptr;
  record& r = records_[which.slot];
  return r.used && r.entry.epoch == which.epoch ? &r : nullptr;
}

std::optional<std::uint32_t> ledger::find(std::string_view id) const {
  const auto found = std::lower_bound(
      by_id_.begin(), by_id_.end(), id,
      [this](std::uint32_t slot, std::string_view wanted) { return records_[slot].id < wanted; });
  if (found == by_id_.end() || records_[*found].id != id) return {};
  return *found;
}

const record& ledger::owner_of(std::size_t presence_index) const {
  // As they were laid out: by id.
  const auto after = std::ranges::upper_bound(
      by_id_, presence_index, {},
      [this](std::uint32_t slot) { return std::size_t{records_[slot].entry.first_presence}; });
  return records_[*std::prev(after)];
}

std::size_t ledger::position_after(std::string_view after) const {
  if (after.empty()) return 0;
  const auto found = std::upper_bound(
      by_id_.begin(), by_id_.end(), after,
      [this](std::string_view wanted, std::uint32_t slot) { return wanted < records_[slot].id; });
  return static_cast<std::size_t>(found - by_id_.begin());
}

}  // namespace tokensyncd::sync
