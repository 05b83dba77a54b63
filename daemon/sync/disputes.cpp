#include "daemon/sync/disputes.hpp"

#include <algorithm>

namespace tokensyncd::sync {

bool disputes::doubts(std::uint32_t slot, const fingerprint& token, patience how, bool settled,
                      steady_time now) {
  dispute& it = all_[slot];
  if (it.in_a_row == 0 || it.token != token) {
    it.token = token;
    it.since = now;
    it.in_a_row = 0;
  }
  ++it.in_a_row;
  it.last = now;
  it.settled = it.settled || settled;
  const bool contradicted = it.contradicted && now - *it.contradicted < remembered;
  const seconds long_enough =
      contradicted ? std::max(how.long_enough, when_contradicted) : how.long_enough;
  return it.in_a_row > how.times && now - it.since >= long_enough;
}

void disputes::confirms(std::uint32_t slot, steady_time now) {
  const auto found = all_.find(slot);
  if (found == all_.end()) return;
  dispute& it = found->second;
  if (it.in_a_row != 0) it.contradicted = now;
  it.in_a_row = 0;
  if (now - it.last >= remembered) all_.erase(found);
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
  return std::chrono::milliseconds{250} * (1U << std::min(answers - 1, 7U));
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
