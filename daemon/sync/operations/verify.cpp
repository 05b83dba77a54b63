#include "daemon/sync/operations/verify.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t remembered_refusals = 8;

/// How long a workspace waits whose tokens are refused one after the other: an hour or so at most,
/// however long its `interval` is.
std::chrono::milliseconds pause_after(std::uint32_t refusals, std::chrono::milliseconds interval) {
  return backoff{1s, std::min<std::chrono::milliseconds>(interval, 4096s)}.after(refusals);
}

}  // namespace

verification_runner::verification_runner(clock& time, events& observer, const fingerprinter& prints,
                                         fleet& all, dispatcher& plan, workers& crew,
                                         command_calls& calls)
    : time_(time),
      observer_(observer),
      prints_(prints),
      fleet_(all),
      dispatcher_(plan),
      workers_(crew),
      calls_(calls) {}

void verification_runner::configure(std::shared_ptr<verifier> asked, bool after_deliveries) {
  verifier_ = std::move(asked);
  after_deliveries_ = after_deliveries;
}

task<std::vector<verified_token>> verification_runner::verify(std::vector<std::string> only) {
  const std::vector<handle> who = handles_of(fleet_.book, only);
  std::vector<verified_token> lines;
  const auto turn = time_.make_sleeper();
  for (const handle each : who) {
    if (fleet_.book.get(each) == nullptr) continue;
    auto line = co_await verify_one(each, *turn);
    lines.push_back(std::move(line));
  }
  co_return lines;
}

task<verified_token> verification_runner::verify_one(handle who, sleeper& turn) {
  verified_token line;
  line.workspace = fleet_.book.at(who.slot).id;
  const std::string of_workspace = "workspace " + line.workspace + ": ";
  if (fleet_.book.at(who.slot).wanted.generation == 0) {
    line.how = verified_token::state::not_seen_yet;
    line.why = of_workspace + "no token was ever delivered, and asking the API could create one";
    co_return line;
  }
  const fetched got = co_await calls_.fetch(who, line.workspace, turn);
  const record* r = fleet_.book.get(who);
  if (r == nullptr || !got.what) {
    line.why = r == nullptr ? of_workspace + "it was removed from the configuration"
                            : got.what.error().sentence;
    co_return line;
  }
  const revision known = r->wanted;
  const bool is_newest = prints_.of(got.what->token.reveal()) == known.token;
  if (!is_newest || !fleet_.all_in_sync(*r)) {
    line.how = verified_token::state::not_delivered;
    line.why = of_workspace +
               (is_newest ? "the token is not in every sink; `tokensyncd status` says why"
                          : "the delivered token is not the one that the Partner API has now; the "
                            "next check delivers that one");
    dispatcher_.make_due(who.slot, priority::out_of_sync, trigger::poll, time_.now());
    workers_.wake();
    co_return line;
  }
  const verification outcome = co_await ask(line.workspace, got.what->token, turn);
  apply(who, known, outcome);
  if (outcome.how == token_state::works) line.how = verified_token::state::works;
  if (outcome.how == token_state::refused) line.how = verified_token::state::refused;
  if (outcome.why) line.why = outcome.why->sentence;
  co_return line;
}

task<verification> verification_runner::ask(const std::string& id, const secret& token,
                                            sleeper& turn) {
  // A reload may replace it while this waits.
  const std::shared_ptr<verifier> asked = verifier_;
  if (!asked) {
    co_return verification{token_state::unknown,
                           failure{failure_kind::invalid, "no verifier is configured"}};
  }
  // It has the Partner API's address, and what is in front of both counts by address.
  const result<void> open = co_await calls_.wait_for_turn(turn);
  if (!open) co_return verification{token_state::unknown, open.error()};
  dispatcher_.calls().spend(priority::poll, time_.now());
  verification answer = co_await asked->verify(id, token);
  if (answer.why && answer.why->kind == failure_kind::throttled) {
    dispatcher_.calls().slow_down(time_.now());
  }
  co_return answer;
}

task<> verification_runner::verify_delivered(handle who,
                                             std::shared_ptr<const pending_token> what) {
  const auto turn = time_.make_sleeper();
  const verification outcome = co_await ask(what->workspace, what->token, *turn);
  apply(who, what->what, outcome);
}

void verification_runner::apply(handle who, const revision& what, const verification& outcome) {
  const record* r = fleet_.book.get(who);
  if (r == nullptr) return;
  const failure* error = outcome.why ? &*outcome.why : nullptr;
  observer_.verified({r->id, what, outcome.how, error});
  if (outcome.how == token_state::works) fleet_.refused.erase(who.slot);
  if (outcome.how != token_state::refused || r->wanted.token != what.token) return;

  // Former refusals are kept, because an answer of the API that has one of them is no news.
  refused_token& known = fleet_.refused[who.slot];
  if (known.in_a_row != 0 && known.token != what.token) {
    if (known.before.size() == remembered_refusals) known.before.erase(known.before.begin());
    known.before.push_back(known.token);
  }
  if (known.in_a_row == 0 || known.token != what.token) known.since = time_.now();
  known.token = what.token;
  known.sentence = error == nullptr ? std::string{} : error->sentence;
  ++known.in_a_row;
  ask_again_later(who, *r, known.in_a_row);
}

/// It is asked about again, but a workspace whose every token is refused must not storm the API.
void verification_runner::ask_again_later(handle who, const record& r, std::uint32_t refusals) {
  const steady_time now = time_.now();
  const steady_time again = now + pause_after(refusals, fleet_.profile_of(r).interval);
  const auto when = dispatcher_.when(who.slot);
  if (r.check.at == stage::scheduled && when && *when > again) {
    dispatcher_.put(who.slot, again, priority::out_of_sync);
    workers_.wake();
  } else if (r.check.at == stage::in_flight) {
    dispatcher_.make_due(who.slot, priority::out_of_sync, trigger::poll, now);
  }
}

}  // namespace tokensyncd::sync
