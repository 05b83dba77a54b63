#include "daemon/sync/delivery/delivery.hpp"

#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {

delivery::delivery(dependencies deps, fleet& all, sink_tasks& tasks, cleanup& leaving)
    : deps_(deps), fleet_(all), sink_tasks_(tasks), cleanup_(leaving) {}

void delivery::submit(std::uint32_t slot, pending_token what) {
  const record& r = fleet_.book.at(slot);
  pending_tokens_[slot] = std::make_shared<const pending_token>(std::move(what));
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    if (fleet::in_sync(r, fleet_.presence_of(r, k))) continue;
    sink_channel& l = fleet_.channel_of(r, k);
    l.queue.enqueue(slot);
    l.sleep->wake();
  }
}

bool delivery::resume(std::uint32_t slot) {
  if (!holds(slot)) return false;
  const record& r = fleet_.book.at(slot);
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    if (fleet::in_sync(r, fleet_.presence_of(r, k))) continue;
    sink_channel& l = fleet_.channel_of(r, k);
    l.queue.enqueue_unless_held(slot);
    l.sleep->wake();
  }
  return true;
}

bool delivery::attends_to(const record& r, const sink_channel& l) const {
  // It waits for the end of a delivery that was begun before a reload.
  const auto before = l.under_way.find({l.what.writer.get(), r.id});
  return l.queue.holds(fleet_.book.slot_of(r)) || (before != l.under_way.end() && before->second);
}

task<> delivery::serve(std::shared_ptr<sink_channel> l) {
  auto report = [this](const failure& fault) { deps_.observer.task_failed(fault); };
  auto on_exception = [report](const std::exception_ptr& thrown) {
    report(fault_of("a delivery", thrown));
  };
  task_group attempts(co_await asio::this_coro::executor, on_exception);
  auto begin = [this, &l, &attempts] { return begin_deliveries(l, attempts); };
  co_await supervised(deps_.time, *l->sleep, "the deliveries of sink " + l->what.name, begin,
                      report);
  co_await attempts.join();
}

task<> delivery::begin_deliveries(std::shared_ptr<sink_channel> l, task_group& attempts) {
  while (!stopping_ && !l->retired) {
    while (const auto slot = l->queue.take(deps_.time.now())) attempts.start(attempt(l, *slot));
    co_await l->sleep->sleep_until(l->queue.next_turn());
  }
}

void delivery::retry_now(std::uint32_t slot) {
  for (const auto& l : fleet_.channels) {
    l->queue.retry_now(slot);
    l->sleep->wake();
  }
}

void delivery::retry_all_now() {
  for (const auto& l : fleet_.channels) {
    l->queue.retry_all_now();
    l->sleep->wake();
  }
}

void delivery::stop() {
  stopping_ = true;
  for (const auto& l : fleet_.channels) l->sleep->wake();
}

void delivery::forget(std::uint32_t slot) {
  pending_tokens_.erase(slot);
  for (const auto& l : fleet_.channels) l->queue.forget(slot);
}

task<> delivery::attempt(std::shared_ptr<sink_channel> l, std::uint32_t slot) {
  // Between enqueue() and now the token, the workspace or the need for it may have gone.
  const auto found = pending_tokens_.find(slot);
  const record& before = fleet_.book.at(slot);
  const auto index = found == pending_tokens_.end() ? std::nullopt : fleet_.presence_in(before, *l);
  if (!index || fleet::in_sync(before, fleet_.book.presence_at(*index))) {
    found == pending_tokens_.end() ? l->queue.dropped(slot) : l->queue.settled(slot);
    l->sleep->wake();
    l->hook.wake();  // it may have waited for this one
    co_return;
  }

  // A sink is never at one workspace twice at once: it may still be at a delivery that was begun
  // before a reload. Then this one follows that one.
  const std::shared_ptr<const pending_token> held = found->second;
  const std::shared_ptr<sink> writer = l->what.writer;
  const std::pair<const sink*, std::string> key{writer.get(), held->workspace};
  const auto [mine, alone] = l->under_way.try_emplace(key, false);
  if (!alone) {
    mine->second = true;
    l->queue.dropped(slot);
    l->sleep->wake();
    co_return;
  }

  // However it ends, also by an exception: the next one may begin.
  sink_tasks_.started(*writer);
  auto over = [this, l, writer, key] { end_delivery(*l, key); };
  const on_exit ended{over};

  // An exception counts as a failure of this delivery, if the queue doesn't know its end yet.
  const handle who = fleet_.book.handle_of(slot);
  bool channel_knows = false;
  try {
    co_await deliver_one(*l, slot, *held, writer, channel_knows);
  } catch (...) {
    const failure fault =
        fault_of("the work after a delivery to sink " + l->what.name, std::current_exception());
    deps_.observer.task_failed(fault);
    if (!channel_knows) did_not_arrive(*l, who, *held, fault);
    if (fleet_.book.get(who) != nullptr) resume(slot);
  }
}

void delivery::end_delivery(sink_channel& l, const std::pair<const sink*, std::string>& key) {
  sink_tasks_.finished(*key.first);
  const bool again = l.under_way.extract(key).mapped();
  const auto heir = again ? fleet_.book.find(key.second) : std::nullopt;
  if (heir && pending_tokens_.contains(*heir)) l.queue.enqueue(*heir);
  l.sleep->wake();
  l.hook.wake();  // it may wait for the last of those that came together
}

task<> delivery::deliver_one(sink_channel& l, std::uint32_t slot, const pending_token& held,
                             const std::shared_ptr<sink>& writer, bool& channel_knows) {
  // The labels as they are now, because a reload may have changed them since the token came; and
  // kept, because another reload may replace them during the delivery.
  const record& before = fleet_.book.at(slot);
  const presence& there = fleet_.book.presence_at(*fleet_.presence_in(before, l));
  const handle who = fleet_.book.handle_of(slot);
  const auto profiles = fleet_.profiles;
  const config::labels& labels = (*profiles)[before.entry.profile].workspace_labels;
  const target whom{held.workspace, labels};
  const std::string destination = writer->destination(whom);
  const steady_time began = deps_.time.now();

  // The sink tells its own work from a stranger's by what is known of the place. It asks during the
  // delivery, when a reload may have changed whose the place is.
  const etag_search others = [this, &l, who, writer](const etag_test& is_it) {
    const record* r = fleet_.book.get(who);
    const auto own = r == nullptr ? std::nullopt : fleet_.presence_in(*r, l);
    return fleet_.owner_of_etag(writer->type(), own, is_it);
  };
  const auto before_this = fleet_.uncertain.find(*fleet_.presence_in(before, l));
  etag uncertain = before_this == fleet_.uncertain.end() ? etag{} : before_this->second;
  const delivery_request what{
      whom,          held.what, held.token, fleet::recorded_of(before, there),
      held.previous, others,    &uncertain, [this, &l] { return fleet_.members_of(l); }};
  auto attempt = writer->deliver(what);
  const auto how = co_await contained_and_reported(
      deps_.observer, "a delivery to sink " + l.what.name + " for workspace " + held.workspace,
      std::move(attempt));

  // From here on `before` and `there` may be others'. The queue hears of a failure first.
  const bool may_be_there = how || uncertain != etag{};
  const bool came_too_late = may_be_there && l.what.removal == config::on_remove::erase &&
                             !fleet_.is_in_use(held.workspace, writer->canonical_location(whom));
  channel_knows = true;
  if (!how) did_not_arrive(l, who, held, how.error());
  if (came_too_late) {
    // The workspace left the place during the write, and its cleanup found nothing yet: what was
    // written is removed.
    if (how) l.queue.dropped(slot);
    sink_tasks_.started(*writer);
    retired_destination left{held.workspace, labels,         l.what.name,
                             destination,    l.what.removal, writer};
    left.generation = how ? held.what.generation : 0;
    (how ? left.tag : left.uncertain) = how ? how->tag : uncertain;
    co_await cleanup_.retire(std::move(left));
  } else if (how) {
    const arrival came{destination,      writer,           *how, uncertain, began,
                       deps_.time.now(), deps_.time.wall()};
    co_await arrived(l, who, held, came);
  } else if (may_be_there) {
    co_await remember_uncertain(l, who, held, destination, uncertain);
  }
}

task<> delivery::arrived(sink_channel& l, handle who, const pending_token& what,
                         const arrival& came) {
  std::optional<nanoseconds> failed_for;
  const pair_trouble* const over = l.queue.trouble(who.slot);
  if (over != nullptr && over->kind != failure_kind::incomplete)
    failed_for = came.ended - over->since;
  // The queue and the ledger first, because all that follows reads them.
  l.queue.succeeded(who.slot);
  const std::uint32_t hook_seen = record_arrival(l, who, what, came);

  // It may have been the last one that others of its file have waited for.
  for (const std::string& each : came.how.along)
    if (const auto slot = fleet_.book.find(each)) l.queue.retry_now(*slot);
  if (!came.how.along.empty()) l.sleep->wake();

  // A newer token may have come since, or a reload may have replaced the sink or the place: what is
  // there now is compared again.
  resume(who.slot);

  // Reported before it is stored, so that a store that hangs delays no report.
  std::optional<nanoseconds> propagation;
  if (what.rotated) propagation = elapsed(*what.rotated, came.ended_at);
  const delivery_event event{what.workspace,          l.what.name, what.what, came.how.how,
                             came.ended - came.began, propagation, what.why,  failed_for};
  deps_.observer.delivered(event);

  // Stored even if the workspace has left: the place holds it all the same.
  std::vector<change> changes;
  changes.emplace_back(stored_presence{came.destination, what.workspace, what.what.generation,
                                       what.what.token, came.how.tag, came.ended_at, hook_seen,
                                       l.what.name, l.what.removal});
  co_await save_or_report(deps_, std::move(changes));
}

std::uint32_t delivery::record_arrival(sink_channel& l, handle who, const pending_token& what,
                                       const arrival& came) {
  // A reload during the delivery may have taken the workspace away, or given the channel another
  // sink; and with other labels the same sink writes elsewhere.
  record* r = fleet_.book.get(who);
  const bool goes_on = r != nullptr && l.what.writer == came.writer;
  const auto index = goes_on ? fleet_.presence_in(*r, l) : std::nullopt;
  if (!index || came.writer->destination(fleet_.target_of(*r)) != came.destination) return 0;

  // Whether the hook has seen this content already follows from what was there before, so that is
  // decided before the ledger forgets it.
  presence& p = fleet_.book.presence_at(*index);
  const auto before = fleet::recorded_of(*r, p);
  hook_runner::written_destination shown;
  shown.same_token = before && before->token == what.what.token;
  shown.generation_before = std::exchange(p.generation, what.what.generation);
  shown.untouched = came.how.how == write_result::unchanged && !p.drifted;
  l.hook.written(who.slot, p, shown);
  const std::uint32_t hook_seen = p.hook_seen;
  p.tag = came.how.tag;
  p.last_success = to_unix_seconds(came.ended_at);
  p.holds_token = what.what.token == r->wanted.token;
  p.drifted = false;

  // What the sink says may come back there.
  if (came.uncertain == etag{}) {
    fleet_.uncertain.erase(*index);
  } else {
    fleet_.uncertain[*index] = came.uncertain;
  }

  // What follows from it: whether all is in sync, and whether old places may be removed now.
  fleet::note_in_sync(*r, p);
  fleet_.history.latest.delivered(who.slot, what.what.generation, l.what.name, came.ended_at);
  fleet_.refresh(*r, came.ended);
  if (fleet_.all_in_sync(*r)) release(who);
  cleanup_.arrived(what.workspace);
  return hook_seen;
}

task<> delivery::remember_uncertain(sink_channel& l, handle who, const pending_token& what,
                                    const std::string& destination, etag tag) {
  // Only for the place that the workspace has now: a reload may have moved it meanwhile.
  const record* r = fleet_.book.get(who);
  const auto index = r == nullptr ? std::nullopt : fleet_.presence_in(*r, l);
  if (!index || l.what.writer->destination(fleet_.target_of(*r)) != destination) co_return;
  if (std::exchange(fleet_.uncertain[*index], tag) == tag) co_return;

  // What is known of the place is worth more: the state has one row for both.
  if (fleet_.book.presence_at(*index).generation != 0) co_return;
  std::vector<change> changes;
  changes.emplace_back(stored_presence{destination, what.workspace, 0, what.what.token, tag,
                                       wall_time{}, 0, l.what.name, l.what.removal});
  co_await save_or_report(deps_, std::move(changes));
}

void delivery::release(handle who) {
  const auto found = pending_tokens_.find(who.slot);
  if (found == pending_tokens_.end()) return;
  const auto what = std::move(found->second);
  pending_tokens_.erase(found);
  if (what->is_rotation && on_delivered) on_delivered(who, what);
}

void delivery::did_not_arrive(sink_channel& l, handle who, const pending_token& what,
                              const failure& why) {
  // A workspace that has left fails no more; another one may have its slot.
  if (fleet_.book.get(who) == nullptr) {
    l.queue.dropped(who.slot);
    return;
  }

  // The queue decides when it is tried again, which is part of the report.
  const auto wait = l.queue.failed(who.slot, why, deps_.time.now(), deps_.rng.fraction());
  if (why.kind == failure_kind::incomplete) {
    // Nothing has failed; but what the file lacks may be the entry of one whose turn isn't soon.
    l.ask_for_look();
    return;
  }
  const pair_trouble* trouble = l.queue.trouble(who.slot);
  const delivery_failure_event event{what.workspace,       l.what.name, what.what, why,
                                     trouble->consecutive, wait};
  deps_.observer.delivery_failed(event);
}

}  // namespace tokensyncd::sync
