#include "daemon/sinks/exec/hook_program.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "daemon/runtime/on_exit.hpp"
#include "daemon/sinks/exec/changed_workspaces.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr char escape = '\x1b';
constexpr std::string_view of_stretch =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t shortest_stretch = 8;

/// How many runs in a row end by their time limit before the rest is left for the next round.
constexpr int most_silent_in_a_row = 3;

/// How many bytes at the beginning of `text` belong to no word. The last of a colour's sequence is
/// a letter, which would else be taken for the first of the word that it colours.
std::size_t gap_at(std::string_view text) {
  if (text.front() != escape) return between_words.find(text.front()) != std::string::npos ? 1 : 0;
  std::size_t end = 1;
  if (text.substr(1).starts_with('[')) end = text.find_first_not_of("0123456789:;<=>?", 2);
  if (end != std::string::npos) end = text.find_first_not_of(" !\"#$%&'()*+,-./", end);
  if (end == 1) return 1;  // whether the next byte is a part of it is tried: see claimed_by()
  return end == std::string::npos ? text.size() : end + 1;
}

/// How many bytes of what comes after `before` belong to it: `\n`, `%3D`, a short escape sequence.
std::size_t claimed_by(char before) {
  if (before == '%') return 2;
  return before == '\\' || before == escape ? 1 : 0;
}

/// A stretch of a word, which comes after `before`.
std::string shown_stretch(std::string_view stretch, char before, const sync::token_test& is_token) {
  for (const std::size_t skipped : {std::size_t{0}, claimed_by(before)}) {
    if (stretch.size() < shortest_stretch + skipped) continue;
    if (is_token(stretch.substr(skipped))) return std::string{stretch.substr(0, skipped)} + "…";
  }
  return std::string{stretch};
}

std::string shown_word(std::string_view word, char before, const sync::token_test& is_token) {
  if (is_token(word)) return "…";
  const std::size_t value = word.find('=') + 1;  // 0 without one
  if (value != 0 && value < word.size() && is_token(word.substr(value)))
    return std::string{word.substr(0, value)} + "…";
  std::string shown;
  while (!word.empty()) {
    const std::size_t begin = std::min(word.find_first_of(of_stretch), word.size());
    if (begin != 0) before = word[begin - 1];
    shown += word.substr(0, begin);
    word.remove_prefix(begin);
    const std::size_t end = std::min(word.find_first_not_of(of_stretch), word.size());
    shown += shown_stretch(word.substr(0, end), before, is_token);
    word.remove_prefix(end);
  }
  return shown;
}

}  // namespace

std::string without_tokens(std::string_view line, const sync::token_test& is_token) {
  constexpr std::string_view ends_word = " \t\r\v\f\"'`,;()[]{}<>\x1b";
  static_assert(ends_word.starts_with(between_words));
  std::string shown;
  char before = ' ';
  while (!line.empty()) {
    const std::size_t gap = gap_at(line);
    const std::size_t size = gap != 0 ? gap : std::min(line.find_first_of(ends_word), line.size());
    const std::string_view part = line.substr(0, size);
    shown += gap != 0 ? std::string{part} : shown_word(part, before, is_token);
    // Of a whole sequence the last byte claims nothing.
    before = part.back();
    line.remove_prefix(size);
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
    : sink_(std::move(sink)),
      settings_(settings),
      command_(settings.command, config::template_use::hook),
      world_(world) {}

task<result<void>> hook_program::run(std::span<sync::hook_change> changes,
                                     const sync::token_test& is_token) {
  auto find = [name = settings_.command.front()] { return find_program(name); };
  const result<std::string> program = co_await starter_.run(std::move(find));
  if (!program) co_return program.error();
  if (command_.depends_on_workspace()) co_return co_await run_for_each(*program, changes, is_token);
  co_return co_await run_once(*program, changes, is_token);
}

task<result<void>> hook_program::run_for_each(const std::string& program,
                                              std::span<sync::hook_change> changes,
                                              const sync::token_test& is_token) {
  std::optional<failure> first;
  std::size_t failed = 0;
  int silent = 0;
  // Where the latest round ended, so that some who hang don't keep the others from their turn.
  const auto next =
      std::ranges::upper_bound(changes, last_tried_, {}, &sync::hook_change::workspace);
  const auto begin = static_cast<std::size_t>(next - changes.begin());
  for (std::size_t i = 0; i != changes.size() && silent != most_silent_in_a_row; ++i) {
    sync::hook_change& each = changes[(begin + i) % changes.size()];
    last_tried_ = each.workspace;
    const std::span<sync::hook_change> one{&each, 1};
    const auto how = co_await run_once(program, one, is_token);
    silent = !how && how.error().kind == failure_kind::timed_out ? silent + 1 : 0;
    if (how) continue;
    if (how.error().kind == failure_kind::cancelled) co_return how.error();
    ++failed;
    if (!first) first = how.error();
  }
  if (!first) co_return result<void>{};
  if (failed > 1) first->sentence += "; so did " + std::to_string(failed - 1) + " more of its runs";
  co_return *first;
}

task<result<void>> hook_program::run_once(const std::string& program,
                                          std::span<sync::hook_change> changes,
                                          const sync::token_test& is_token) {
  const bool is_for_one = command_.depends_on_workspace();
  auto told = tell_workspaces(changes);
  if (!told) co_return told.error();
  child_order what;
  what.program = program;
  what.argv = is_for_one ? command_.of({changes.front().workspace, *changes.front().labels})
                         : settings_.command;
  what.variables = {{"TOKENSYNCD_SINK", sink_}, {"TOKENSYNCD_WORKSPACES", told->variable}};
  if (is_for_one) what.variables.emplace_back("TOKENSYNCD_WORKSPACE", changes.front().workspace);
  what.file = told->file.number();
  what.limit = settings_.timeout;
  what.on_line = [this, &is_token](child_stream from, std::string_view line) {
    if (!world_.hear) return;
    world_.hear(sink_, to_string(from), without_tokens(line, is_token));
  };
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
  if (end->succeeded()) {
    for (sync::hook_change& each : changes) each.seen = true;
    co_return result<void>{};
  }
  co_return explain(*end, is_for_one ? " for the workspace " + changes.front().workspace : "");
}

failure hook_program::explain(const child_end& end, const std::string& whom) const {
  auto kind = failure_kind::io_error;
  if (end.how == child_end::manner::timed_out) kind = failure_kind::timed_out;
  if (end.how == child_end::manner::stopped) kind = failure_kind::cancelled;
  return {kind, "the hook of the sink " + sink_ + " (" + settings_.command.front() + ") " +
                    describe(end, settings_.timeout) + whom + "; what it wrote is in the log"};
}

void hook_program::end_by(steady_time when) {
  last_ = std::min(last_, when);  // also for a program that is being looked for
  if (running_ != nullptr) running_->end_by(when);
}

}  // namespace tokensyncd::sinks
