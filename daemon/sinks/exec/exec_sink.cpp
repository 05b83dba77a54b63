#include "daemon/sinks/exec/exec_sink.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

namespace tokensyncd::sinks {
namespace {

/// A file sink's formats of the same names.
content content_of(config::exec_input input) {
  config::file_sink_settings same;
  same.format =
      input == config::exec_input::raw ? config::file_format::raw : config::file_format::json;
  return content{same};
}

/// A program's work can't be recognised from outside; but what isn't zero is recorded.
constexpr sync::mark handed_over{{1, 0, 0, 0}};

std::string_view name_of(child_stream from) {
  return from == child_stream::out ? "stdout" : "stderr";
}

}  // namespace

exec_sink::exec_sink(std::string name, const config::exec_sink_settings& settings,
                     const sink_world& world)
    : name_(std::move(name)),
      settings_(settings),
      command_(settings.command),
      inspect_(settings.inspect),
      input_(content_of(settings.input)),
      world_(world),
      places_(world.time, at_once) {
  if (command_.empty()) throw std::invalid_argument("an exec sink needs a command");
}

/// All that makes it another handing over: whose token, how it is told, and to whom.
std::string exec_sink::place(const sync::target& whom) const {
  boost::json::array all;
  all.emplace_back(whom.workspace);
  all.emplace_back(settings_.input == config::exec_input::raw ? "raw" : "json");
  for (const std::string& each : command_.of(whom)) all.emplace_back(each);
  return "exec:" + boost::json::serialize(all);
}

child_order exec_sink::order_for(const arguments& command, const sync::target& whom) const {
  child_order what;
  what.argv = command.of(whom);
  what.variables = {{"TOKENSYNCD_SINK", name_},
                    {"TOKENSYNCD_WORKSPACE", std::string{whom.workspace}}};
  what.limit = settings_.timeout;
  return what;
}

task<result<sync::delivered>> exec_sink::deliver(const sync::order& what) {
  // What has begun is finished; tend() sees to it that it ends in time.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const secret input = input_.render(what.whom, what.what, what.token);
  const mask hidden{what.token};
  child_order order = order_for(command_, what.whom);
  order.variables.emplace_back("TOKENSYNCD_GENERATION", std::to_string(what.what.generation));
  order.input = &input;
  order.on_line = [this, &hidden](child_stream from, std::string_view line) {
    if (world_.hear) world_.hear(name_, name_of(from), hidden.apply(line));
  };
  const result<child_end> end = co_await run(std::move(order));
  if (!end) co_return end.error();
  if (!end->succeeded()) co_return explain(*end, what.whom);
  const bool repaired = drifted_.erase(place(what.whom)) != 0;
  co_return sync::delivered{repaired ? sync::write_result::repaired : sync::write_result::written,
                            handed_over};
}

task<result<child_end>> exec_sink::run(child_order what) {
  const failure stopping{
      failure_kind::cancelled,
      "the sink " + name_ + " isn't in use any more, so nothing was handed over"};
  const auto pass = co_await places_.enter();
  if (closing_) co_return stopping;
  child one{world_.time, starter_, std::move(what)};
  running_.insert(&one);
  try {
    auto end = co_await one.run();
    running_.erase(&one);
    co_return end;
  } catch (...) {
    running_.erase(&one);
    throw;
  }
}

failure exec_sink::explain(const child_end& end, const sync::target& whom) const {
  const auto kind =
      end.how == child_end::manner::timed_out ? failure_kind::timed_out : failure_kind::io_error;
  return {kind, settings_.command.front() + " " + describe(end, settings_.timeout) +
                    " when it was handed the token of " + std::string{whom.workspace} +
                    "; what it wrote is in the log"};
}

task<void> exec_sink::inspect(std::span<sync::inspection> places) {
  if (inspect_.empty()) co_return;
  for (sync::inspection& each : places) {
    child_order order = order_for(inspect_, each.whom);
    order.on_line = [this](child_stream from, std::string_view line) {
      if (world_.hear) world_.hear(name_, name_of(from), line);
    };
    const result<child_end> end = co_await run(std::move(order));
    // One that hangs or can't be started would only do so for the others too.
    if (!end || end->how != child_end::manner::exited) co_return;
    each.drifted = end->number == 1;
    if (each.drifted) drifted_.insert(place(each.whom));
  }
}

task<result<void>> exec_sink::withdraw(const sync::target&, const sync::mark&) {
  co_return failure{failure_kind::invalid,
                    "a program can't be asked to give a token back: take it away by hand, and set "
                    "on_remove of the sink " +
                        name_ + " to keep"};
}

task<std::vector<sync::place_problem>> exec_sink::check(std::span<const sync::target> all,
                                                        sync::thoroughness) {
  std::vector<sync::place_problem> problems;
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

task<void> exec_sink::tend() {
  const auto for_ever = world_.time.make_sleeper();
  ++uses_;
  closing_ = false;
  try {
    for (;;) co_await for_ever->sleep_until(steady_time::max());
  } catch (const boost::system::system_error&) {
    if (--uses_ != 0) throw;
    closing_ = true;
    const steady_time last = world_.time.now() + time_at_the_end;
    for (child* const each : running_) each->end_by(last);
    throw;
  }
}

}  // namespace tokensyncd::sinks
