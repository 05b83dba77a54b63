#include "daemon/sinks/exec/exec_sink.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/runtime/async/race.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/exec/program_output.hpp"
#include "daemon/sinks/exec/token_hider.hpp"

namespace tokensyncd::sinks {
namespace {

/// A file sink's formats of the same names.
content content_of(config::exec_input input) {
  config::file_sink_settings same;
  same.format =
      input == config::exec_input::raw ? config::file_format::raw : config::file_format::json;
  return content{same};
}

/// How many programs in a row tell nothing before the rest is left for the next look: what keeps
/// them from it is all the others' as well then.
constexpr int most_silent_in_a_row = 3;

}  // namespace

exec_sink::exec_sink(std::string name, const config::exec_sink_settings& settings,
                     const sink_context& context)
    : name_(std::move(name)),
      settings_(settings),
      command_(settings.command),
      inspect_(settings.inspect),
      input_(content_of(settings.input)),
      context_(context),
      slots_(context.time, at_once) {
  if (command_.empty()) throw std::invalid_argument("an exec sink needs a command");
}

/// All that makes it another handing over: whose token, how it is told, and to whom. Of the
/// arguments a keyed digest alone, because they may hold a secret, and places are shown and stored.
std::string exec_sink::destination(const sync::target& whom) const {
  boost::json::array all;
  all.emplace_back(settings_.input == config::exec_input::raw ? "raw" : "json");
  for (const std::string& each : command_.of(whom)) all.emplace_back(each);
  const std::string& program = settings_.command.front();
  const auto digest = context_.prints.of(boost::json::serialize(all));
  return "exec:" + program.substr(program.rfind('/') + 1) + ":" + base64url(digest.bytes) + ":" +
         std::string{whom.workspace};
}

child_request exec_sink::order_for(const arguments& command, const sync::target& whom) const {
  child_request what;
  what.argv = command.of(whom);
  what.variables = {{"TOKENSYNCD_SINK", name_},
                    {"TOKENSYNCD_WORKSPACE", std::string{whom.workspace}}};
  what.limit = settings_.timeout;
  return what;
}

/// A newer rotated_at with the same token is no news to who is told the token alone.
bool exec_sink::holds_the_same(const sync::delivery_request& what) const {
  return settings_.input == config::exec_input::raw && what.present && !what.present->drifted &&
         what.present->token == what.what.token;
}

task<result<sync::delivered>> exec_sink::deliver(const sync::delivery_request& what) {
  if (holds_the_same(what)) {
    co_return sync::delivered{sync::write_result::unchanged, what.present->tag};
  }
  // What has begun is finished, also for a caller that is cancelled: on a stack of its own that no
  // cancellation reaches, so that the caller's stays as it is. end_by() ends it in time.
  const auto home = co_await asio::this_coro::executor;
  auto work = hand_over(what);
  const asio::cancellation_slot nobody{};
  auto whole = asio::bind_cancellation_slot(nobody, use_task);
  co_return co_await asio::co_spawn(home, std::move(work), std::move(whole));
}

/// A program's work can't be recognised from outside. But a look that was under way while this was
/// handed over has to see that what it looked for is another handing over by now.
sync::etag exec_sink::next_etag() {
  const auto now = context_.time.wall().time_since_epoch();
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return {{static_cast<std::uint64_t>(ns), ++handed_over_, 0, 0}};
}

task<result<sync::delivered>> exec_sink::hand_over(const sync::delivery_request& what) {
  const secret input = input_.render(what.whom, what.what, what.token);
  const mask hidden{what.token};
  const sync::token_test known =
      with_secrets(context_.masked.tokens ? context_.masked.tokens() : sync::token_test{},
                   context_.masked.partner);
  token_hider tokens{known};
  child_request order = order_for(command_, what.whom);
  order.variables.emplace_back("TOKENSYNCD_GENERATION", std::to_string(what.what.generation));
  order.input = &input;
  std::string last_line;
  order.on_line = [&](child_stream from, std::string_view line, std::size_t shown) {
    // Of its own token a part is known again, of the others the whole.
    std::string text = hidden.apply(tokens.hide(line, shown));
    if (context_.log.program_output) context_.log.program_output(name_, to_string(from), text);
    if (!is_blank(text)) last_line = std::move(text);
  };
  const result<child_end> end = co_await run(std::move(order));
  if (!end) co_return end.error();
  if (!end->succeeded()) co_return explain(*end, what.whom, last_line);
  const bool repaired = what.present && what.present->drifted;
  co_return sync::delivered{repaired ? sync::write_result::repaired : sync::write_result::written,
                            next_etag()};
}

task<result<child_end>> exec_sink::run(child_request what) {
  const failure stopping{
      failure_kind::cancelled,
      "the sink " + name_ + " is stopping with the daemon, so the token was not delivered"};
  const auto permit = co_await slots_.enter();
  if (context_.time.now() >= last_) co_return stopping;
  child one{context_.time, starter_, std::move(what)};
  one.end_by(last_);
  running_.insert(&one);
  auto leave = [this, &one] { running_.erase(&one); };
  const on_exit left{leave};
  std::optional<result<child_end>> end;
  auto work = [&]() -> task<> {
    auto how = co_await one.run();
    end.emplace(std::move(how));
  };
  co_await race(work(), lend_slot_once_slow());
  co_return *std::move(end);
}

/// Until cancelled: while the program runs.
task<> exec_sink::lend_slot_once_slow() {
  const auto turn = context_.time.make_sleeper();
  co_await turn->sleep_until(context_.time.now() + slow_after);
  ++slow_;
  set_slots();
  auto take_back = [this] {
    --slow_;
    set_slots();
  };
  const on_exit over{take_back};
  co_await turn->sleep_until(steady_time::max());
}

void exec_sink::set_slots() {
  slots_.set_width(at_once + std::min(slow_, most_slow));
}

failure exec_sink::explain(const child_end& end, const sync::target& whom,
                           std::string_view last_line) const {
  const bool stopped = end.how == child_end::manner::stopped;
  const auto kind = stopped ? failure_kind::cancelled : failure_kind::program_failed;
  return {kind,
          settings_.command.front() + " " + describe(end, settings_.timeout) +
              " when it got the token of workspace " + std::string{whom.workspace} +
              where_output_is(last_line),
          shown_output(last_line)};
}

task<void> exec_sink::inspect(std::span<sync::inspection> destinations) {
  if (inspect_.empty()) {
    // Nobody can be asked, so what was recorded is what is believed.
    for (sync::inspection& each : destinations) each.seen = sync::destination_state::as_recorded;
    co_return;
  }
  int silent = 0;
  for (sync::inspection& each : destinations) {
    // What it prints is nobody's: it may show the token, which isn't known here.
    child_request order = order_for(inspect_, each.whom);
    const result<child_end> end = co_await run(std::move(order));
    const bool stopping =
        end ? end->how == child_end::manner::stopped : end.error().kind == failure_kind::cancelled;
    silent = end && end->how == child_end::manner::exited ? 0 : silent + 1;
    if (stopping || silent == most_silent_in_a_row) co_return;
    if (silent != 0) continue;
    if (end->number == 0) each.seen = sync::destination_state::as_recorded;
    if (end->number == 1) each.seen = sync::destination_state::drifted;
  }
}

task<result<void>> exec_sink::withdraw(const sync::target&, const sync::etag&) {
  co_return failure{failure_kind::invalid,
                    "an exec sink cannot take a token back: remove the token by hand, and set "
                    "on_remove of the sink " +
                        name_ + " to keep"};
}

task<std::vector<sync::destination_problem>> exec_sink::check(std::span<const sync::target> all,
                                                              sync::thoroughness) {
  std::vector<sync::destination_problem> problems;
  const auto workspaces = all.empty() ? 1 : all.size();
  const auto look = [this, &problems, workspaces] {
    const auto look_at = [&](std::string_view key, const std::vector<std::string>& command) {
      if (command.empty()) return;
      const auto found = look_at_program(command.front());
      if (!found) problems.push_back({key, found.error(), workspaces});
    };
    look_at("command", settings_.command);
    look_at("inspect", settings_.inspect);
  };
  co_await starter_.run(look);
  co_return problems;
}

void exec_sink::end_by(steady_time when) {
  last_ = when;
  for (child* const each : running_) each->end_by(when);
}

}  // namespace tokensyncd::sinks
