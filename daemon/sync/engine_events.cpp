#include <optional>
#include <string_view>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

bool engine::core::event(std::string_view id, bool copy) {
  const auto slot = all.book.find(id);
  if (!slot) return false;
  const steady_time now = deps_.time.now();
  const auto wish = event_tracker_.came(*slot, copy, now);
  if (!copy) dispatcher_.api().sign_of_life(now);
  record& r = all.book.at(*slot);
  if (wish.afresh || wish.when <= now) {
    // For a copy this is so where the last question lies back far enough, or is still to come.
    dispatcher_.make_due(*slot, priority::event, trigger::webhook, now);
  } else if (r.at == stage::in_flight) {
    if (!r.dirty) event_tracker_.came_in_flight(*slot);
  } else if (const auto when = dispatcher_.when(*slot); when && *when > wish.when) {
    r.why = trigger::webhook;
    dispatcher_.put(*slot, wish.when, priority::event);
  }
  checks_.wake();
  return true;
}

}  // namespace tokensyncd::sync
