// A rotation: the call that replaces a token, whose answer is an observation like any other.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/fetching/checks.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {
namespace {

std::string left_meanwhile(const std::string& id) {
  return "workspace " + id +
         " was removed from the configuration during its rotation, so its new token is not "
         "delivered";
}

}  // namespace

void checks::stop() {
  stopping_ = true;
}

std::shared_ptr<rotation_order> checks::order_for(handle who) {
  auto order = orders_.waiting(who);
  if (!order || order->end || looks_first(*order)) return nullptr;
  const record& r = fleet_.book.at(who.slot);
  if (order->older_than && is_younger(r, *order->older_than, deps_.time, clock_skew_)) {
    order->end = rotation_end::young;
    order->why = why_young(r, deps_.time, clock_skew_);
    orders_.changed();
    return nullptr;
  }
  return order->cleared ? order : nullptr;
}

/// Its order waits; what goes on meanwhile is the schedule of its checks.
void checks::hold_back(handle who) {
  if (!is_held_back(who)) held_back_.push_back(who);
}

bool checks::is_held_back(handle who) const {
  return std::ranges::find(held_back_, who) != held_back_.end();
}

void checks::let_next_rotate() {
  while (!held_back_.empty() && rotating_ < most_rotations()) {
    const handle who = held_back_.front();
    held_back_.pop_front();
    const record* r = fleet_.book.get(who);
    if (r == nullptr || !orders_.waiting(who)) continue;
    dispatcher_.make_due(who.slot, priority::rotate, r->why, deps_.time.now());
    return;
  }
}

bool checks::looks_first(const rotation_order& order) const {
  // Not while nobody knows whether the API answers: a check goes first, which is safe to repeat.
  const bool answers = was_answered_ && dispatcher_.api().state() == upstream_state::normal;
  // Nor on what was known before: somebody else may have rotated it since, or we ourselves, by a
  // call whose answer was lost.
  const record& r = fleet_.book.at(order.who.slot);
  const bool must_look = order.older_than || r.unsure != doubt::none;
  return !answers || (must_look && !order.looked);
}

task<> checks::rotate(std::shared_ptr<rotation_order> order) {
  const handle who = order->who;
  record& r = fleet_.book.at(who.slot);
  order->at = rotation_order::stage::asking;
  order->before = r.wanted;
  order->doubted = r.unsure;
  ++rotating_;
  bool broke_off = true;
  auto over = [this, &order, &broke_off] {
    if (broke_off && !order->end) {
      order->end = rotation_end::unknown;
      order->why = "the result of the rotation is unknown because of a bug";
    }
    order->at = rotation_order::stage::checking;
    if (order->waiter == nullptr) orders_.close(order);
    if (order->waiter != nullptr) order->waiter->wake();  // whose place another order may have
    --rotating_;
    let_next_rotate();
  };
  on_exit ended{over};
  // What has begun is finished: a lost answer would be a token that nobody has.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());

  call what{who, r.id, trigger::command, r.due, deps_.time.now(), r.timed_out, {}, true};
  co_await note_unsure(who, doubt::ordered);
  if (fleet_.book.get(who) == nullptr || stopping_) {
    dispatcher_.api().abandoned(what.asked);
    dispatcher_.finished_for_nobody(what.was_slow);
    order->end = rotation_end::not_asked;
    order->why = "workspace " + what.id +
                 (stopping_ ? ": the daemon is stopping" : " was removed from the configuration");
  } else {
    co_await order_new_token(what, *order);
  }

  broke_off = false;
  ended.dismiss();
  over();
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  wake();
}

task<> checks::order_new_token(call& what, rotation_order& order) {
  const std::shared_ptr<source> from = source_;
  fleet_.book.at(what.who.slot).last_attempt = to_unix_seconds(deps_.time.wall());
  deps_.observer.rotating({what.id, rotation_step::asking});
  what.asked = deps_.time.now();
  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit given_up{give_up};
  rotation_answer got = co_await from->rotate(what.id);
  given_up.dismiss();
  if (!got.got.what) what.error = got.got.what.error();

  tell_upstream(what, got.got);
  if (what.error) {
    const auto step = got.may_have_rotated ? rotation_step::lost : rotation_step::refused;
    deps_.observer.rotating({what.id, step, &*what.error});
  }
  if (fleet_.book.get(what.who) == nullptr) {
    dispatcher_.finished_for_nobody(what.was_slow);
    const auto without = got.may_have_rotated ? rotation_end::unknown : rotation_end::refused;
    order.end = what.error ? without : rotation_end::rotated;
    if (!what.error || got.may_have_rotated) look_at_who_came_back(what.id);
    order.why = what.error ? what.error->sentence : left_meanwhile(what.id);
  } else if (what.error) {
    co_await not_rotated(what, got, order);
  } else {
    co_await rotated(what, got.got, order);
  }
}

/// A workspace that left and came back during the call has been asked about meanwhile, and got the
/// old token.
void checks::look_at_who_came_back(const std::string& id) {
  const auto slot = fleet_.book.find(id);
  if (!slot) return;
  fleet_.book.at(*slot).unsure = doubt::ordered;
  event_tracker_.expect_news(*slot, deps_.time.now());
  dispatcher_.make_due(*slot, priority::rotate, trigger::command, deps_.time.now());
}

task<> checks::rotated(const call& what, fetched& got, rotation_order& order) {
  fleet_.book.at(what.who.slot).unsure = doubt::none;
  co_await apply_response(what, got);
  record* r = fleet_.book.get(what.who);
  if (r == nullptr) {
    order.end = rotation_end::rotated;
    order.why = left_meanwhile(what.id);
    co_return;
  }
  order.after = r->wanted.token;
  if (r->wanted.generation != order.before.generation) {
    order.end = rotation_end::rotated;
  } else {
    order.end = rotation_end::unknown;
    order.why = "workspace " + what.id +
                ": the Partner API answered the rotation with a token that was known before; the "
                "next check shows which one is valid";
    event_tracker_.expect_news(what.who.slot, deps_.time.now());
    co_await note_unsure(what.who, doubt::ordered);
    r = fleet_.book.get(what.who);
    if (r == nullptr) co_return;
  }
  dispatcher_.make_due(what.who.slot, priority::rotate, r->why, deps_.time.now());
}

task<> checks::not_rotated(const call& what, const rotation_answer& got, rotation_order& order) {
  record& r = fleet_.book.at(what.who.slot);
  order.why = what.error->sentence;
  const steady_time now = deps_.time.now();
  if (got.may_have_rotated) {
    order.answer_lost = true;
    // As good as an event: a new token may be seen at once, or after a while.
    event_tracker_.expect_news(what.who.slot, now);
    r.why = trigger::command;
    fail(what, got.got);
    dispatcher_.make_due(what.who.slot, priority::rotate, trigger::command, now);
    co_return;
  }
  order.end = rotation_end::refused;
  // That we may not replace the token says nothing about whether we may have it.
  dispatcher_.finished(what.who.slot, in_vain(got.got));
  leave_alone(what);
  const priority rank = r.dirty ? std::min(r.rank, priority::out_of_sync) : priority::out_of_sync;
  dispatcher_.make_due(what.who.slot, rank, r.dirty ? r.why : trigger::poll, now);
  co_await note_unsure(what.who, order.doubted);
}

task<> checks::note_unsure(handle who, doubt unsure) {
  record* r = fleet_.book.get(who);
  if (r == nullptr || r->unsure == unsure) co_return;
  r->unsure = unsure;
  std::vector<change> changes;
  changes.emplace_back(to_stored(*r, deps_.time));
  co_await save_or_tell(deps_, std::move(changes));
}

/// Whether an answer has ended what was expected of a workspace when its doubt was stored.
bool checks::is_unsure_no_more(handle who) const {
  const record* const r = fleet_.book.get(who);
  return r != nullptr && r->unsure != doubt::none && !disputes_.is_open(who.slot) &&
         !event_tracker_.is_open(who.slot);
}

void checks::after_check(const call& what, bool answered, blame whose) {
  was_answered_ = was_answered_ || answered;
  const bool believed = answered && !disputes_.is_open(what.who.slot);
  if (fleet_.book.get(what.who) == nullptr) return;
  orders_.checked(what.who, answered, believed);
  const auto order = orders_.waiting(what.who);
  if (!order || order->end) return;
  if (!answered && whose == blame::workspace) {
    order->end = rotation_end::not_asked;
    order->why = what.error->sentence;
    orders_.changed();
  } else if (order->looked && !order->cleared) {
    orders_.changed();  // whoever gave it looks at the destinations before
  } else if (!is_held_back(what.who)) {
    const trigger why = fleet_.book.at(what.who.slot).why;
    dispatcher_.make_due(what.who.slot, priority::rotate, why, deps_.time.now());
  }
}

}  // namespace tokensyncd::sync
