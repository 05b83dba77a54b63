#include "daemon/sync/fetching/steps/disputes.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {

bool disputes::doubts(std::uint32_t slot, const fingerprint& token, patience how, bool settled,
                      steady_time now) {
  dispute& it = all_[slot];
  const bool goes_on = it.in_a_row != 0 && it.votes.back().token == token;
  count(it, token, now);
  it.in_a_row = goes_on ? it.in_a_row + 1 : 1;
  it.last = now;
  it.settled = it.settled || settled;

  const auto first = std::ranges::find(it.votes, token, &vote::token);
  const auto all = it.votes.end() - first;
  const auto of_it = std::ranges::count(first, it.votes.end(), token, &vote::token);
  const auto others = all - of_it;
  const auto lasted = now - first->when;
  if (others == 0) return of_it > how.times && lasted >= how.long_enough;
  // Who hasn't won by then has lost: from then on chance alone must not be enough.
  const unsigned lead = it.counted > first_votes ? for_old_token.lead : how.lead;
  return of_it >= others + lead && lasted >= how.when_contradicted;
}

void disputes::confirms(std::uint32_t slot, steady_time now) {
  const auto found = all_.find(slot);
  if (found == all_.end()) return;
  dispute& it = found->second;
  if (now - it.last >= remembered) {
    it.votes.clear();
    it.in_a_row = 0;
    if (it.suspects.empty()) all_.erase(found);
    return;
  }
  count(it, fingerprint{}, now);
  it.in_a_row = 0;
}

void disputes::count(dispute& it, const fingerprint& token, steady_time now) {
  const auto is_old = [now](const vote& each) { return now - each.when > remembered; };
  std::erase_if(it.votes, is_old);
  if (it.votes.size() == most_votes) it.votes.erase(it.votes.begin());
  it.votes.push_back({token, now});
  ++it.counted;
}

void disputes::suspects(std::uint32_t slot, const fingerprint& token) {
  if (is_suspect(slot, token)) return;
  std::vector<fingerprint>& all = all_[slot].suspects;
  if (all.size() == most_suspects) all.erase(all.begin());
  all.push_back(token);
}

bool disputes::is_suspect(std::uint32_t slot, const fingerprint& token) const {
  const auto found = all_.find(slot);
  if (found == all_.end()) return false;
  const std::vector<fingerprint>& all = found->second.suspects;
  return std::ranges::find(all, token) != all.end();
}

bool disputes::wants_more(std::uint32_t slot) const {
  const auto found = all_.find(slot);
  return found != all_.end() && !found->second.suspects.empty() &&
         found->second.counted < first_votes;
}

void disputes::decided(std::uint32_t slot) {
  all_.erase(slot);
}

void disputes::forget(std::uint32_t slot) {
  all_.erase(slot);
}

std::chrono::milliseconds disputes::pause(std::uint32_t slot) const {
  const auto found = all_.find(slot);
  const unsigned answers = found == all_.end() ? 1 : std::max(1U, found->second.in_a_row);
  constexpr backoff pauses{std::chrono::milliseconds{250}, std::chrono::seconds{32}};
  return pauses.after(answers);
}

bool disputes::is_open(std::uint32_t slot) const {
  const auto found = all_.find(slot);
  return found != all_.end() && found->second.in_a_row != 0;
}

bool disputes::disagree(std::uint32_t slot, steady_time now) {
  const auto found = all_.find(slot);
  return found != all_.end() && found->second.settled && now - found->second.last < remembered;
}

}  // namespace tokensyncd::sync
