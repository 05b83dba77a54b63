#include "daemon/sinks/exec/hook_program.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

namespace tokensyncd::sinks {
namespace {

constexpr std::string_view between_words = " \t\r\v\f\"'`,;()[]{}<>";

}  // namespace

std::string without_tokens(std::string_view line, const sync::token_test& is_token) {
  std::string shown;
  while (!line.empty()) {
    const std::size_t begin = std::min(line.find_first_not_of(between_words), line.size());
    shown += line.substr(0, begin);
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(between_words));
    const std::size_t equals = word.find('=');
    if (word.empty()) break;
    if (is_token(word)) {
      shown += "…";
    } else if (equals != std::string_view::npos && equals + 1 < word.size() &&
               is_token(word.substr(equals + 1))) {
      shown += word.substr(0, equals + 1);
      shown += "…";
    } else {
      shown += word;
    }
    line.remove_prefix(word.size());
  }
  return shown;
}

result<void> look_at_hook(const config::hook_settings& settings) {
  const auto program = find_program(settings.command.front());
  if (!program) return program.error();
  return look_at_program(*program);
}

hook_program::hook_program(std::string sink, const config::hook_settings& settings,
                           const sink_world& world)
    : sink_(std::move(sink)), settings_(settings), world_(world) {}

task<result<void>> hook_program::run(const sync::token_test& is_token) {
  child_order what;
  what.argv = settings_.command;
  what.variables = {{"TOKENSYNCD_SINK", sink_}};
  what.limit = settings_.timeout;
  what.on_line = [this, &is_token](child_stream from, std::string_view line) {
    if (!world_.hear) return;
    const std::string_view stream = from == child_stream::out ? "stdout" : "stderr";
    world_.hear(sink_, stream, without_tokens(line, is_token));
  };
  auto find = [name = settings_.command.front()] { return find_program(name); };
  const result<std::string> program = co_await starter_.run(std::move(find));
  if (!program) co_return program.error();
  what.program = *program;

  child one{world_.time, starter_, std::move(what)};
  running_ = &one;
  std::exception_ptr broken;
  result<child_end> end = child_end{};
  try {
    end = co_await one.run();
  } catch (...) {
    broken = std::current_exception();
  }
  running_ = nullptr;
  if (broken) std::rethrow_exception(broken);
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
  if (running_ != nullptr) running_->end_by(when);
}

}  // namespace tokensyncd::sinks
