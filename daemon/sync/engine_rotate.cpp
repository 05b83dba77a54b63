#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

task<rotation_report> engine::core::rotate(std::string id, rotation_wish how) {
  rotation_report report;
  report.workspace = std::move(id);
  const auto slot = all.book.find(report.workspace);
  if (!slot) {
    report.how = rotation_end::unknown_workspace;
    report.why = "the configuration in force has no workspace " + report.workspace;
    co_return report;
  }
  const handle who = all.book.handle_of(*slot);
  const record& r = all.book.at(*slot);
  const bool known = r.wanted.generation != 0;
  if (how.older_than && known && is_younger(r, *how.older_than, deps_.time, checks_.clock_skew())) {
    report.how = rotation_end::young;
    report.why = why_young(r, deps_.time, checks_.clock_skew());
    describe_places(who, report);
    co_return report;
  }
  const auto order = checks_.orders().open(who, how);
  if (!order) {
    report.how = rotation_end::busy;
    report.why = "workspace " + report.workspace +
                 " is being rotated by another command; `tokensyncd status` shows the result";
    co_return report;
  }

  const auto me = deps_.time.make_sleeper();
  order->waiter = me.get();
  bool told = false;
  auto leave = [this, &order, &told, id = report.workspace] {
    let_go(order);
    if (told) return;
    broken_off_ = id;
    broken_off_order_ = order;
  };
  const on_exit left{leave};
  order->cleared = how.force;
  if (!how.force) co_await clear(*order, *me, how.timeout, report.sinks);
  if (order->cleared) {
    make_due(*order);
    co_await follow(*order, *me, how.timeout);
  }
  describe(*order, report);
  told = true;
  co_return report;
}

std::optional<rotation_report> engine::core::broken_off_rotation() {
  if (!broken_off_order_) return std::nullopt;
  rotation_report report;
  report.workspace = broken_off_;
  describe(*broken_off_order_, report);
  return report;
}

void engine::core::make_due(const rotation_order& order) {
  const record* r = all.book.get(order.who);
  if (r == nullptr) return;
  dispatcher_.make_due(order.who.slot, priority::rotate, r->why, deps_.time.now());
  checks_.wake();
}

task<> engine::core::clear(rotation_order& order, sleeper& me, std::chrono::milliseconds timeout,
                           std::vector<rotated_place>& obstacles) {
  const steady_time until = deps_.time.now() + timeout;
  if (checks_.looks_first(order)) {
    make_due(order);
    while (!is_over(order) && !order.looked && deps_.time.now() < until) {
      co_await me.sleep_until(until);
    }
    if (is_over(order) || !order.looked) co_return;
  }
  const record& r = all.book.at(order.who.slot);
  const std::string id = r.id;
  if (order.older_than && is_younger(r, *order.older_than, deps_.time, checks_.clock_skew())) {
    order.end = rotation_end::young;
    order.why = why_young(r, deps_.time, checks_.clock_skew());
    co_return;
  }
  const auto places = co_await look_at_places(order.who, timeout);
  if (is_over(order)) co_return;
  for (const rotation_place& each : places) {
    if (!each.obstacle.empty()) obstacles.push_back({each.sink, each.in_sync, each.obstacle});
  }
  order.cleared = obstacles.empty();
  if (order.cleared) co_return;
  order.end = rotation_end::obstructed;
  order.why = "workspace " + id +
              " was not rotated, because the old token would stop working and the new one would "
              "not arrive; fix the cause, or add --force to rotate anyway";
}

task<std::vector<rotation_place>> engine::core::look_at_places(handle who,
                                                               std::chrono::milliseconds timeout) {
  const std::chrono::milliseconds limit =
      std::min<std::chrono::milliseconds>(timeout, preflight::longest_look);
  if (worker_tasks_ && !leaving_) co_return co_await preflight_.look(who, *worker_tasks_, limit);
  // On a stack of its own: what it makes of its cancellation state must not outlive it.
  const auto home = co_await asio::this_coro::executor;
  auto apart = look_apart(who, limit);
  co_return co_await asio::co_spawn(home, std::move(apart), use_task);
}

/// While run() isn't there to look after those that outlast the command.
task<std::vector<rotation_place>> engine::core::look_apart(handle who,
                                                           std::chrono::milliseconds limit) {
  task_group lookers(co_await asio::this_coro::executor);
  std::vector<rotation_place> found;
  std::exception_ptr broken;
  try {
    found = co_await preflight_.look_only(who, lookers, limit);
  } catch (...) {
    broken = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  lookers.cancel();
  co_await lookers.join();
  if (broken) std::rethrow_exception(broken);
  co_return found;
}

task<std::optional<rotation_outlook>> engine::core::outlook(std::string id) {
  const auto slot = all.book.find(id);
  if (!slot) co_return std::nullopt;
  const handle who = all.book.handle_of(*slot);
  rotation_outlook seen;
  seen.workspace = std::move(id);
  seen.places = co_await look_at_places(who, preflight::longest_look);
  const record* r = all.book.get(who);
  if (r == nullptr) co_return std::nullopt;
  seen.now = r->wanted;
  if (r->wanted.generation != 0) {
    seen.age =
        std::chrono::floor<std::chrono::seconds>(age_of(*r, deps_.time, checks_.clock_skew()));
  }
  co_return seen;
}

task<> engine::core::follow(rotation_order& order, sleeper& me, std::chrono::milliseconds timeout) {
  steady_time until = deps_.time.now() + timeout;
  auto before = order.at;
  while (!is_over(order)) {
    // A call that has begun ends by its own time limit, and must be known of; the time for what
    // follows begins when it has.
    const bool asking = order.at == rotation_order::stage::asking;
    if (order.at != std::exchange(before, order.at)) until = deps_.time.now() + timeout;
    if (!asking && deps_.time.now() >= until) co_return;
    co_await me.sleep_until(asking ? steady_time::max() : until);
  }
}

bool engine::core::has_changed(const rotation_order& order, const record& r) const {
  return order.before.generation != 0 && r.wanted.token != order.before.token;
}

bool engine::core::is_over(const rotation_order& order) {
  if (order.at == rotation_order::stage::asking) return false;
  const record* r = all.book.get(order.who);
  if (r == nullptr) return true;
  if (order.end && *order.end != rotation_end::rotated) return true;
  if (order.at == rotation_order::stage::waiting) return false;
  if (order.answer_lost) return order.checked && (!has_changed(order, *r) || all.all_in_sync(*r));
  return (order.checked || order.check_failed) && all.all_in_sync(*r);
}

void engine::core::let_go(const std::shared_ptr<rotation_order>& order) {
  order->waiter = nullptr;
  if (order->at == rotation_order::stage::asking) return;  // closed when it has been answered
  checks_.orders().close(order);
}

std::string engine::core::pause() const {
  switch (dispatcher_.api().state()) {
    case upstream_state::throttled:
      return "the Partner API limits the rate, so all calls are paused";
    case upstream_state::down:
      return "the Partner API does not answer; tokensyncd probes it until it does";
    case upstream_state::normal:
      break;
  }
  return "earlier calls took too long";
}

void engine::core::describe(const rotation_order& order, rotation_report& out) {
  const record* r = all.book.get(order.who);
  const std::string of_workspace = "workspace " + out.workspace + ": ";
  out.answer_lost = order.answer_lost;
  out.why = order.why;
  if (order.end) {
    out.how = *order.end;
  } else if (order.at == rotation_order::stage::waiting) {
    out.how = rotation_end::not_asked;
    if (r == nullptr) {
      out.why = of_workspace + "it was removed from the configuration; nothing was rotated";
    } else if (leaving_) {
      out.why = of_workspace + "the API was not asked before the stop; nothing was rotated";
    } else {
      out.why = of_workspace + pause() + "; nothing was rotated, try again later";
    }
  } else if (r != nullptr && has_changed(order, *r)) {
    out.how = rotation_end::rotated;
    out.why.clear();
  } else {
    out.how = rotation_end::unknown;
    const std::string lost = order.at == rotation_order::stage::asking
                                 ? "the command did not wait for the answer"
                                 : "the answer was lost (" + order.why + ")";
    out.why = of_workspace + "its token may have been rotated, because " + lost +
              "; the next check shows it";
    if (order.checked) out.why += "; the first check found the old token";
  }
  if (r == nullptr) return;
  if (out.how == rotation_end::obstructed) {
    out.now = r->wanted;
    return;
  }
  out.confirmed = out.how == rotation_end::rotated && order.checked &&
                  (order.answer_lost || r->wanted.token == order.after);
  describe_places(order.who, out);
  if (out.how != rotation_end::rotated) return;
  if (!is_done(out)) {
    out.why = of_workspace + "rotated, but not delivered to every sink yet";
  } else if (!out.confirmed) {
    out.why = of_workspace + "rotated and delivered, but the check that confirms it got no answer";
  }
}

void engine::core::describe_places(handle who, rotation_report& out) {
  const record& r = all.book.at(who.slot);
  out.now = r.wanted;
  for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
    const sink_channel& l = all.channel_of(r, k);
    const pair_trouble* wrong = l.queue.trouble(who.slot);
    out.sinks.push_back({l.what.name, fleet::in_sync(r, all.presence_of(r, k)),
                         wrong == nullptr ? std::string{} : wrong->sentence});
  }
}

}  // namespace tokensyncd::sync
