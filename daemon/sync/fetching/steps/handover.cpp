#include "daemon/sync/fetching/steps/handover.hpp"

#include <utility>

#include "daemon/sync/fleet/token_age.hpp"

namespace tokensyncd::sync {

void handover::deliver(const call& what, fetched& got, const finding& found) {
  if (found.same_bytes || !found.is_believed()) return;
  record* const r = fleet_.book.get(what.who);
  if (r == nullptr) return;
  const bool is_rotation = found.is_rotation();
  fleet_.refresh(*r, time_.now());
  if (fleet_.all_in_sync(*r) || (!is_rotation && delivery_.resume(what.who.slot))) return;
  pending_token out;
  out.workspace = r->id;
  out.what = r->wanted;
  out.token = std::move(got.what->token);
  out.why = what.why;
  out.is_rotation = is_rotation;
  if (r->token.has_previous) out.previous = r->token.previous;
  if (is_rotation && what.why != trigger::startup) {
    out.rotated = is_before_all(r->wanted.rotated_at) ? time_.wall()
                                                      : r->wanted.rotated_at.value_or(time_.wall());
  }
  delivery_.submit(what.who.slot, std::move(out));
}

}  // namespace tokensyncd::sync
