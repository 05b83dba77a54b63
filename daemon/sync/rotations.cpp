#include "daemon/sync/rotations.hpp"

#include <algorithm>

namespace tokensyncd::sync {

std::shared_ptr<rotation_order> rotations::open(handle who, const rotation_wish& how) {
  auto& place = orders_[who.slot];
  // One of a workspace that left, whose slot is another's now, ends by itself.
  if (place && place->who == who) return nullptr;
  place = std::make_shared<rotation_order>();
  place->who = who;
  place->older_than = how.older_than;
  return place;
}

std::shared_ptr<rotation_order> rotations::waiting(handle who) const {
  const auto found = orders_.find(who.slot);
  if (found == orders_.end() || found->second->who != who) return nullptr;
  return found->second->at == rotation_order::stage::waiting ? found->second : nullptr;
}

void rotations::close(const std::shared_ptr<rotation_order>& what) {
  const auto found = orders_.find(what->who.slot);
  if (found != orders_.end() && found->second == what) orders_.erase(found);
}

void rotations::checked(handle who, bool answered, bool believed) {
  const auto found = orders_.find(who.slot);
  if (found == orders_.end() || found->second->who != who) return;
  rotation_order& order = *found->second;
  if (order.at == rotation_order::stage::waiting) order.looked = order.looked || answered;
  if (order.at != rotation_order::stage::checking) return;
  (believed ? order.checked : order.check_failed) = true;
  if (order.waiter != nullptr) order.waiter->wake();
}

void rotations::changed() {
  for (const auto& [slot, order] : orders_) {
    if (order->waiter != nullptr) order->waiter->wake();
  }
}

bool is_younger(const record& r, std::chrono::milliseconds limit, const clock& time,
                std::chrono::seconds skew) {
  if (r.wanted.rotated_at) return time.wall() + skew - *r.wanted.rotated_at < limit;
  return r.wanted.generation == 0 || time.now() - r.known_since < limit;
}

bool is_done(const rotation_report& report) {
  if (report.how == rotation_end::young) return true;
  return report.how == rotation_end::rotated && !report.sinks.empty() &&
         std::all_of(report.sinks.begin(), report.sinks.end(),
                     [](const rotated_place& each) { return each.in_sync; });
}

}  // namespace tokensyncd::sync
