#include "daemon/webhook/deduplicator.hpp"

namespace tokensyncd::webhook {

bool deduplicator::seen(std::string_view signature, std::string_view body, steady_time now) {
  while (!order_.empty() && now - order_.front().since >= remembered) {
    known_.erase(order_.front().what);
    order_.pop_front();
  }
  const digest what{hasher_.of(signature), hasher_.of(body)};
  if (!known_.insert(what).second) return true;
  order_.push_back({what, now});
  if (order_.size() > most) {
    known_.erase(order_.front().what);
    order_.pop_front();
  }
  return false;
}

}  // namespace tokensyncd::webhook
