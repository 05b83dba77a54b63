#include "daemon/sync/fetching/fetcher.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/process/on_exit.hpp"

namespace tokensyncd::sync {

fetcher::fetcher(clock& time, fleet& all, dispatcher& plan, event_tracker& events,
                 worker_pool& pool, call_watch& watch, check_steps& steps)
    : time_(time),
      fleet_(all),
      dispatcher_(plan),
      event_tracker_(events),
      pool_(pool),
      watch_(watch),
      steps_(steps) {}

call fetcher::begin(const worker& me) {
  const handle who = *me.workspace;
  const record& r = fleet_.book.at(who.slot);
  call what{who, r.id, r.check.why, r.due, me.taken_at, r.check.timed_out, {}};
  what.by = &me;
  steps_.results.attempted(who.slot);
  event_tracker_.asked(who.slot, what.asked);
  return what;
}

task<fetched> fetcher::fetch(call& what) {
  const record& r = fleet_.book.at(what.who.slot);
  const body_digest accepted = r.token.accepted;
  const bool same_bytes_suffice = r.token.has_accepted && r.token.seen && fleet_.all_in_sync(r);
  const fetch_request asked{what.id, same_bytes_suffice ? &accepted : nullptr};
  const std::shared_ptr<source> from = source_;

  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit gave_up{give_up};
  std::optional<fetched> answer;
  {
    const call_watch::entry under_way{watch_, what};
    watch_.look_if_busy();
    try {
      answer = co_await from->fetch(asked);
    } catch (const boost::system::system_error&) {
      if (!what.given_up || pool_.is_stopping()) throw;
    }
  }
  gave_up.dismiss();
  if (what.given_up && !pool_.is_stopping()) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }
  if (!answer) answer = not_waited_for(what);
  if (!answer->what) what.error = answer->what.error();
  co_return std::move(*answer);
}

task<fetched> fetcher::fetch_aside(handle who, std::string id) {
  call what{who, std::move(id), trigger::command, {}, time_.now(), false, {}};
  dispatcher_.calls().spend(priority::poll, what.asked);
  dispatcher_.api().asked(what.asked);
  const fetch_request asked{what.id, nullptr};
  const std::shared_ptr<source> from = source_;
  auto give_up = [this, &what] { dispatcher_.api().abandoned(what.asked); };
  on_exit given_up{give_up};
  fetched got = co_await from->fetch(asked);
  given_up.dismiss();
  if (!got.what) what.error = got.what.error();
  steps_.api.report(what, got);
  if (!pool_.wake()) watch_.look_if_busy();
  co_return got;
}

fetched fetcher::not_waited_for(const call& what) const {
  using std::chrono::milliseconds;
  const steady_time now = time_.now();
  const auto waited = std::chrono::duration_cast<milliseconds>(now - what.asked);
  fetched got{failure{failure_kind::timed_out,
                      "workspace " + what.id + ": the Partner API did not answer within " +
                          std::to_string(waited.count()) +
                          " ms, and other workspaces waited for the connection; tokensyncd asks "
                          "again with a longer time limit"}};
  got.asked = what.asked;
  got.answered = now;
  got.clock_skew = steps_.api.clock_skew();
  return got;
}

}  // namespace tokensyncd::sync
