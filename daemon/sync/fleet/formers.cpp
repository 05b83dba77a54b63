#include "daemon/sync/fleet/formers.hpp"

#include <utility>

namespace tokensyncd::sync {

void formers::restore(std::uint32_t slot, std::vector<former_token> remembered) {
  if (!remembered.empty()) all_[slot].tokens = std::move(remembered);
}

void formers::replaced(std::uint32_t slot, const fingerprint& old, wall_time known_since,
                       const fingerprint& next, wall_time now, bool ordered) {
  past& of = all_[slot];
  std::erase_if(of.tokens,
                [&](const auto& each) { return each.token == old || each.token == next; });
  of.tokens.insert(of.tokens.begin(), {old, now});
  while (of.tokens.size() > most && now - of.tokens.back().replaced_at > at_least) {
    of.tokens.pop_back();
  }
  of.ordered_at = ordered ? now : wall_time::min();
  of.newest_known_since = known_since;
}

const std::vector<former_token>& formers::of(std::uint32_t slot) const {
  static const std::vector<former_token> none;
  const auto found = all_.find(slot);
  return found == all_.end() ? none : found->second.tokens;
}

bool formers::was_ordered(std::uint32_t slot, wall_time now) const {
  const auto found = all_.find(slot);
  return found != all_.end() && found->second.ordered_at != wall_time::min() &&
         now - found->second.ordered_at < fresh;
}

bool formers::is_fresh(std::uint32_t slot, wall_time now) const {
  const std::vector<former_token>& tokens = of(slot);
  return !tokens.empty() && now - tokens.front().replaced_at < at_least;
}

bool formers::may_have_been_newer(std::uint32_t slot, const fingerprint& token,
                                  wall_time now) const {
  const auto found = all_.find(slot);
  if (found == all_.end() || found->second.tokens.empty()) return false;
  const former_token& newest = found->second.tokens.front();
  return newest.token == token && found->second.ordered_at == wall_time::min() &&
         now - newest.replaced_at < fresh &&
         newest.replaced_at - found->second.newest_known_since < fresh;
}

void formers::add_to(std::vector<fingerprint>& known) const {
  for (const auto& [slot, of] : all_) {
    for (const former_token& each : of.tokens) known.push_back(each.token);
  }
}

}  // namespace tokensyncd::sync
