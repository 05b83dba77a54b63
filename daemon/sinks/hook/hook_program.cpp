#include "daemon/sinks/hook/hook_program.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/exec/program_output.hpp"
#include "daemon/sinks/exec/token_hider.hpp"
#include "daemon/sinks/hook/changed_workspaces.hpp"

namespace tokensyncd::sinks {
namespace {

/// How many runs in a row end by their time limit before the rest is left for the next round.
constexpr int most_hanging_in_a_row = 3;

}  // namespace

result<void> look_at_hook(const config::hook_settings& settings) {
  const auto program = find_program(settings.command.front());
  if (!program) return program.error();
  return look_at_program(*program);
}

hook_program::hook_program(std::string sink, const config::hook_settings& settings,
                           const sink_context& context)
    : sink_(std::move(sink)),
      settings_(settings),
      command_(settings.command, config::template_use::hook),
      context_(context) {}

task<result<void>> hook_program::check() {
  auto look = [this] { return look_at_hook(settings_); };
  co_return co_await starter_.run(std::move(look));
}

task<result<void>> hook_program::run(std::span<sync::hook_change> changes,
                                     const sync::token_test& known) {
  auto find = [name = settings_.command.front()] { return find_program(name); };
  const result<std::string> program = co_await starter_.run(std::move(find));
  if (!program) co_return program.error();
  if (command_.depends_on_workspace()) co_return co_await run_for_each(*program, changes, known);
  co_return co_await run_once(*program, changes, known);
}

task<result<void>> hook_program::run_for_each(const std::string& program,
                                              std::span<sync::hook_change> changes,
                                              const sync::token_test& known) {
  std::optional<failure> first;
  std::size_t failed = 0;
  int silent = 0;
  // Where the latest round ended, so that some who hang don't keep the others from their turn.
  const auto next =
      std::ranges::upper_bound(changes, last_tried_, {}, &sync::hook_change::workspace);
  const auto begin = static_cast<std::size_t>(next - changes.begin());
  for (std::size_t i = 0; i != changes.size() && silent != most_hanging_in_a_row; ++i) {
    sync::hook_change& each = changes[(begin + i) % changes.size()];
    last_tried_ = each.workspace;
    const std::span<sync::hook_change> one{&each, 1};
    const auto how = co_await run_once(program, one, known);
    silent = !how && how.error().kind == failure_kind::timed_out ? silent + 1 : 0;
    if (how) continue;
    if (how.error().kind == failure_kind::cancelled) co_return how.error();
    ++failed;
    if (!first) first = how.error();
  }
  if (!first) co_return result<void>{};
  if (failed > 1)
    first->sentence += "; " + std::to_string(failed - 1) + " more of its runs failed too";
  co_return *first;
}

task<result<void>> hook_program::run_once(const std::string& program,
                                          std::span<sync::hook_change> changes,
                                          const sync::token_test& known) {
  const bool is_for_one = command_.depends_on_workspace();
  auto listed = list_workspaces(changes);
  if (!listed) co_return listed.error();
  const sync::token_test secrets_too = with_secrets(known, context_.masked.partner);
  token_hider tokens{secrets_too};
  child_request what;
  what.program = program;
  what.argv = is_for_one ? command_.of({changes.front().workspace, *changes.front().labels})
                         : settings_.command;
  what.variables = {{"TOKENSYNCD_SINK", sink_}, {"TOKENSYNCD_WORKSPACES", listed->variable}};
  if (is_for_one) what.variables.emplace_back("TOKENSYNCD_WORKSPACE", changes.front().workspace);
  what.file = listed->file.number();
  what.limit = settings_.timeout;
  std::string last_line;
  what.on_line = [&](child_stream from, std::string_view line, std::size_t shown) {
    std::string text = tokens.hide(line, shown);
    if (context_.log.program_output) context_.log.program_output(sink_, to_string(from), text);
    if (!is_blank(text)) last_line = std::move(text);
  };
  if (context_.time.now() >= last_) {
    co_return failure{failure_kind::cancelled, "the hook of the sink " + sink_ +
                                                   " was not run, because tokensyncd is stopping"};
  }
  child one{context_.time, starter_, std::move(what)};
  one.end_by(last_);
  running_ = &one;
  auto leave = [this] { running_ = nullptr; };
  const on_exit left{leave};
  const result<child_end> end = co_await one.run();
  if (!end) co_return end.error();
  if (end->succeeded()) {
    for (sync::hook_change& each : changes) each.seen = true;
    co_return result<void>{};
  }
  co_return explain(*end, is_for_one ? " for the workspace " + changes.front().workspace : "",
                    last_line);
}

failure hook_program::explain(const child_end& end, const std::string& whom,
                              std::string_view last_line) const {
  auto kind = failure_kind::program_failed;
  if (end.how == child_end::manner::timed_out) kind = failure_kind::timed_out;
  if (end.how == child_end::manner::stopped) kind = failure_kind::cancelled;
  return {kind,
          "the hook of the sink " + sink_ + " (" + settings_.command.front() + ") " +
              describe(end, settings_.timeout) + whom + where_output_is(last_line),
          shown_output(last_line)};
}

void hook_program::end_by(steady_time when) {
  last_ = std::min(last_, when);  // also for a program that is being looked for
  if (running_ != nullptr) running_->end_by(when);
}

}  // namespace tokensyncd::sinks
