#include "daemon/sync/operations/command_calls.hpp"

#include <utility>

namespace tokensyncd::sync {

command_calls::command_calls(clock& time, dispatcher& plan, workers& crew)
    : time_(time), dispatcher_(plan), workers_(crew) {}

task<result<void>> command_calls::wait_for_turn(sleeper& turn) {
  waiting_set me{};
  me[index_of(priority::poll)] = true;
  while (!dispatcher_.calls().turn(me, time_.now())) {
    co_await turn.sleep_until(dispatcher_.calls().next_turn(me, time_.now()));
  }
  if (dispatcher_.api().may_ask(time_.now())) co_return result<void>{};
  const auto& cause = dispatcher_.api().cause();
  co_return failure{failure_kind::throttled,
                    "no call was made, because all calls are paused: " +
                        (cause ? cause->sentence : "the Partner API limits the rate")};
}

task<fetched> command_calls::fetch(handle who, std::string id, sleeper& turn) {
  const result<void> open = co_await wait_for_turn(turn);
  if (!open) co_return fetched{open.error()};
  co_return co_await workers_.ask_aside(who, std::move(id));
}

std::vector<handle> handles_of(const ledger& book, const std::vector<std::string>& only) {
  std::vector<handle> who;
  if (only.empty()) {
    for (const std::uint32_t slot : book.by_id()) who.push_back(book.handle_of(slot));
  }
  for (const auto& id : only) {
    if (const auto slot = book.find(id)) who.push_back(book.handle_of(*slot));
  }
  return who;
}

}  // namespace tokensyncd::sync
