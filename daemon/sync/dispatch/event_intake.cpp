#include "daemon/sync/dispatch/event_intake.hpp"

namespace tokensyncd::sync {

event_intake::event_intake(ledger& book, dispatcher& plan, event_tracker& tracker)
    : ledger_(book), dispatcher_(plan), event_tracker_(tracker) {}

bool event_intake::came(std::string_view id, bool copy, steady_time now) {
  const auto slot = ledger_.find(id);
  if (!slot) return false;
  const auto check_request = event_tracker_.came(*slot, copy, now);
  if (!copy) dispatcher_.api().sign_of_life(now);
  const record& r = ledger_.at(*slot);
  if (check_request.afresh || check_request.when <= now) {
    // For a copy this is so where the last question lies back far enough, or is still to come.
    dispatcher_.make_due(*slot, priority::event, trigger::webhook, now);
  } else if (r.check.at == stage::in_flight) {
    if (!r.check.dirty) event_tracker_.came_in_flight(*slot);
  } else if (const auto when = dispatcher_.when(*slot); when && *when > check_request.when) {
    dispatcher_.put(*slot, check_request.when, priority::event, trigger::webhook);
  }
  return true;
}

}  // namespace tokensyncd::sync
