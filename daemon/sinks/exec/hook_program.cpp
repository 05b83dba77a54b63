#include "daemon/sinks/exec/hook_program.hpp"

#include <algorithm>
#include <utility>

#include "daemon/runtime/on_exit.hpp"
#include "daemon/sinks/exec/token_hider.hpp"

namespace tokensyncd::sinks {
result<void> look_at_hook(const config::hook_settings& settings) {
  const auto program = find_program(settings.command.front());
  if (!program) return program.error();
  return look_at_program(*program);
}

hook_program::hook_program(std::string sink, const config::hook_settings& settings,
                           const sink_world& world)
    : sink_(std::move(sink)), settings_(settings), world_(world) {}

task<result<void>> hook_program::run(const sync::token_test& known) {
  token_hider tokens{known};
  child_order what;
  what.argv = settings_.command;
  what.variables = {{"TOKENSYNCD_SINK", sink_}};
  what.limit = settings_.timeout;
  what.on_line = [this, &tokens](child_stream from, std::string_view line, std::size_t shown) {
    if (world_.hear) world_.hear(sink_, to_string(from), tokens.hide(line, shown));
  };
  auto find = [name = settings_.command.front()] { return find_program(name); };
  const result<std::string> program = co_await starter_.run(std::move(find));
  if (!program) co_return program.error();
  what.program = *program;

  if (world_.time.now() >= last_) {
    co_return failure{failure_kind::cancelled,
                      "the hook of the sink " + sink_ + " wasn't run, as tokensyncd stops"};
  }
  child one{world_.time, starter_, std::move(what)};
  one.end_by(last_);
  running_ = &one;
  auto leave = [this] { running_ = nullptr; };
  const on_exit left{leave};
  const result<child_end> end = co_await one.run();
  if (!end) co_return end.error();
  if (end->succeeded()) co_return result<void>{};
  auto kind = failure_kind::io_error;
  if (end->how == child_end::manner::timed_out) kind = failure_kind::timed_out;
  if (end->how == child_end::manner::stopped) kind = failure_kind::cancelled;
  co_return failure{kind, "the hook of the sink " + sink_ + " (" + settings_.command.front() +
                              ") " + describe(*end, settings_.timeout) +
                              "; what it wrote is in the log"};
}

void hook_program::end_by(steady_time when) {
  last_ = std::min(last_, when);  // also for a program that is being looked for
  if (running_ != nullptr) running_->end_by(when);
}

}  // namespace tokensyncd::sinks
