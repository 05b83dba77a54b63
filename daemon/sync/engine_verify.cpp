#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/runtime/backoff.hpp"
#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t remembered_refusals = 8;

/// How long a workspace waits whose tokens are refused one after the other.
std::chrono::milliseconds pause_after(std::uint32_t refusals, std::chrono::milliseconds most) {
  return backoff{1s, most}.after(refusals);
}

}  // namespace

task<std::vector<verified_token>> engine::core::verify(std::vector<std::string> only) {
  const std::vector<handle> who = handles_of(only);
  std::vector<verified_token> lines;
  const auto turn = deps_.time.make_sleeper();
  for (const handle each : who) {
    if (all.book.get(each) == nullptr) continue;
    auto line = co_await verify_one(each, *turn);
    lines.push_back(std::move(line));
  }
  co_return lines;
}

task<verified_token> engine::core::verify_one(handle who, sleeper& turn) {
  verified_token line;
  line.workspace = all.book.at(who.slot).id;
  const std::string of_workspace = "workspace " + line.workspace + ": ";
  if (all.book.at(who.slot).wanted.generation == 0) {
    line.how = verified_token::state::not_seen_yet;
    line.why = of_workspace + "no token was ever delivered, and asking the API could create one";
    co_return line;
  }
  const fetched got = co_await ask_for_plan(who, line.workspace, turn);
  const record* r = all.book.get(who);
  if (r == nullptr || !got.what) {
    line.why = r == nullptr ? of_workspace + "it was removed from the configuration"
                            : got.what.error().sentence;
    co_return line;
  }
  const revision known = r->wanted;
  if (deps_.prints.of(got.what->token.reveal()) != known.token || !all.all_in_sync(*r)) {
    line.how = verified_token::state::not_delivered;
    line.why = of_workspace +
               "the delivered token is not the one that the Partner API has now; the next check "
               "delivers that one";
    dispatcher_.make_due(who.slot, priority::out_of_sync, trigger::poll, deps_.time.now());
    checks_.wake();
    co_return line;
  }
  const verification outcome = co_await ask_whether_it_works(line.workspace, got.what->token, turn);
  apply_verification(who, known, outcome);
  if (outcome.how == token_state::works) line.how = verified_token::state::works;
  if (outcome.how == token_state::refused) line.how = verified_token::state::refused;
  if (outcome.why) line.why = outcome.why->sentence;
  co_return line;
}

task<verification> engine::core::ask_whether_it_works(const std::string& id, const secret& token,
                                                      sleeper& turn) {
  const std::shared_ptr<verifier> asked = checker_;
  if (!asked) {
    co_return verification{token_state::unknown,
                           failure{failure_kind::invalid, "no verifier is configured"}};
  }
  waiting_set me{};
  me[index_of(priority::poll)] = true;
  while (!dispatcher_.calls().turn(me, deps_.time.now())) {
    co_await turn.sleep_until(dispatcher_.calls().next_turn(me, deps_.time.now()));
  }
  // It has the Partner API's address, and what is in front of both counts by address.
  if (!dispatcher_.api().may_ask(deps_.time.now())) {
    co_return verification{token_state::unknown, paused()};
  }
  dispatcher_.calls().spend(priority::poll, deps_.time.now());
  verification said = co_await asked->verify(id, token);
  if (said.why && said.why->kind == failure_kind::throttled) {
    dispatcher_.calls().slow_down(deps_.time.now());
  }
  co_return said;
}

task<> engine::core::verify_delivered(handle who, std::shared_ptr<const pending_token> what) {
  const auto turn = deps_.time.make_sleeper();
  const verification outcome = co_await ask_whether_it_works(what->workspace, what->token, *turn);
  apply_verification(who, what->what, outcome);
}

void engine::core::apply_verification(handle who, const revision& what,
                                      const verification& outcome) {
  record* r = all.book.get(who);
  if (r == nullptr) return;
  const failure* error = outcome.why ? &*outcome.why : nullptr;
  deps_.observer.verified({r->id, what, outcome.how, error});
  if (outcome.how == token_state::works) all.refused.erase(who.slot);
  if (outcome.how != token_state::refused || r->wanted.token != what.token) return;

  refused_token& known = all.refused[who.slot];
  if (known.in_a_row != 0 && known.token != what.token) {
    if (known.before.size() == remembered_refusals) known.before.erase(known.before.begin());
    known.before.push_back(known.token);
  }
  known.token = what.token;
  known.sentence = error == nullptr ? std::string{} : error->sentence;
  ++known.in_a_row;
  // It is asked about again, but a workspace whose every token is refused must not storm the API.
  const steady_time now = deps_.time.now();
  const steady_time again = now + pause_after(known.in_a_row, all.profile_of(*r).interval);
  const auto when = dispatcher_.when(who.slot);
  if (r->at == stage::scheduled && when && *when > again) {
    dispatcher_.put(who.slot, again, priority::out_of_sync);
    checks_.wake();
  } else if (r->at == stage::in_flight) {
    dispatcher_.make_due(who.slot, priority::out_of_sync, trigger::poll, now);
  }
}

}  // namespace tokensyncd::sync
