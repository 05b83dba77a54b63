#include "daemon/sync/reload/placement_migration.hpp"

#include <utility>

namespace tokensyncd::sync {

placement_migration::placement_migration(fleet& all, const ledger::merge_result& merged,
                                         const std::vector<config::workspace_profile>& old_profiles,
                                         const std::vector<engine_sink>& old_sinks)
    : all_(all), merged_(merged), old_profiles_(old_profiles), old_sinks_(old_sinks) {}

const config::workspace_profile* placement_migration::old_profile_of(std::uint32_t slot) const {
  const std::uint32_t former = merged_.former_profile[slot];
  return former == ledger::no_profile ? nullptr : &old_profiles_[former];
}

std::string placement_migration::old_destination(const record& r,
                                                 const config::workspace_profile& old,
                                                 std::size_t j) const {
  return old_sinks_[old.sinks[j]].writer->destination(target{r.id, old.workspace_labels});
}

std::string placement_migration::new_destination(const record& r, std::size_t k) const {
  return all_.channel_of(r, k).what.writer->destination(all_.target_of(r));
}

bool placement_migration::stays(const record& r, const std::string& destination) const {
  for (std::size_t k = 0; k < all_.sinks_of(r); ++k) {
    if (new_destination(r, k) == destination) return true;
  }
  return false;
}

void placement_migration::retire(const record& r, const config::workspace_profile& old,
                                 std::size_t j) {
  const engine_sink& sink = old_sinks_[old.sinks[j]];
  const presence& p = all_.presence_of(r, j);
  const auto there = fleet::recorded_of(r, p);
  left.push_back({r.id, old.workspace_labels, sink.name, old_destination(r, old, j), sink.removal,
                  sink.writer, p.tag, p.generation, there ? there->token : fingerprint{},
                  p.hook_seen});
  const auto may_be = all_.uncertain.find(r.entry.first_presence + j);
  if (may_be != all_.uncertain.end()) left.back().uncertain = may_be->second;
}

std::optional<std::size_t> placement_migration::presence_before(std::uint32_t slot,
                                                                std::size_t k) const {
  const config::workspace_profile* old = old_profile_of(slot);
  if (old == nullptr) return {};
  const record& r = all_.book.at(slot);
  const std::string destination = new_destination(r, k);
  for (std::size_t j = 0; j < old->sinks.size(); ++j) {
    if (old_destination(r, *old, j) == destination) return r.entry.first_presence + j;
  }
  return {};
}

void placement_migration::lay_out() {
  std::unordered_map<std::size_t, steady_time> out_since;
  std::unordered_map<std::size_t, etag> uncertain;
  std::size_t next_index = 0;
  auto count = [this](const record& r) { return all_.sinks_of(r); };
  auto keep = [&](const record& r, std::size_t k) {
    const std::size_t index = next_index++;
    const auto slot = static_cast<std::uint32_t>(&r - &all_.book.at(0));
    const std::optional<std::size_t> before = presence_before(slot, k);
    if (!before) return before;
    const auto since = all_.progress.out_since.find(*before);
    if (since != all_.progress.out_since.end()) out_since[index] = since->second;
    const auto may_be = all_.uncertain.find(*before);
    if (may_be != all_.uncertain.end()) uncertain[index] = may_be->second;
    return before;
  };
  all_.book.lay_out(count, keep);
  all_.progress.out_since = std::move(out_since);
  all_.uncertain = std::move(uncertain);
}

void placement_migration::carry_over() {
  for (const std::uint32_t slot : merged_.removed) {
    const record& r = all_.book.at(slot);
    const config::workspace_profile* old = old_profile_of(slot);
    for (std::size_t j = 0; j < old->sinks.size(); ++j) retire(r, *old, j);
  }
  for (const std::uint32_t slot : all_.book.by_id()) {
    const config::workspace_profile* old = old_profile_of(slot);
    if (old == nullptr) continue;
    const record& r = all_.book.at(slot);
    const std::size_t before = left.size();
    for (std::size_t j = 0; j < old->sinks.size(); ++j) {
      if (!stays(r, old_destination(r, *old, j))) retire(r, *old, j);
    }
    if (left.size() != before) moved.push_back(slot);
  }
  lay_out();
}

}  // namespace tokensyncd::sync
