#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include "daemon/application/configuration.hpp"
#include "daemon/application/drain.hpp"
#include "daemon/application/services.hpp"
#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/pending_hooks.hpp"
#include "daemon/commands/rotate/rotation_outlook.hpp"
#include "daemon/commands/rotate/rotation_report.hpp"
#include "daemon/runtime/async/race.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/output.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd::commands {

namespace {

using namespace std::chrono_literals;

/// A call of its own goes on after the time that the daemon is told.
constexpr auto longest_call = 25min;

/// More than the daemon takes for a look at destinations that don't answer.
constexpr auto longest_look = 2min;

/// What was said of each workspace, as it comes.
class tally {
 public:
  tally(std::size_t asked_for, rotated_by whom) : asked_for_(asked_for), whom_(whom) {}

  /// Tells it; false where the others should be left as they are.
  bool take(const rotation_line& line) {
    std::fputs(render_rotation(line).c_str(), stdout);
    flush_output();  // what was done must be told, whatever comes next
    if (!line.why.empty()) {
      print_errors(line.why + next_step(line, whom_));
    }
    all_done_ = all_done_ && line.done;
    has_rotated_ = has_rotated_ || line.outcome == "rotated";
    ++told_;
    return may_go_on(line);
  }

  [[nodiscard]] bool has_rotated() const noexcept { return has_rotated_; }

  /// A signal wants it to end.
  void stopped() noexcept { stopped_ = told_ != asked_for_; }
  [[nodiscard]] bool was_stopped() const noexcept { return stopped_; }

  [[nodiscard]] exit_code sum_up() const {
    if (stopped_) {
      print_errors(
          "stopped before the end, so a hook may not have run; run `tokensyncd once` to deliver "
          "what is missing, or see `tokensyncd plan` and the audit log for the current state");
    }
    if (told_ != asked_for_) {
      print_errors(std::to_string(asked_for_ - told_) + " of " + std::to_string(asked_for_) +
                   " workspaces were not rotated");
    }
    return all_done_ && !stopped_ && told_ == asked_for_ ? exit_code::ok : exit_code::no;
  }

 private:
  std::size_t asked_for_;
  rotated_by whom_;
  std::size_t told_ = 0;
  bool all_done_ = true;
  bool has_rotated_ = false;
  bool stopped_ = false;
};

/// Whether there is a question. Throws command_failed(usage) where there is nobody to be asked.
bool must_ask(const rotate_options& options) {
  if (!options.yes && isatty(STDIN_FILENO) == 0) {
    throw command_failed(exit_code::usage,
                         "rotate asks for confirmation, but standard input is not a terminal; add "
                         "--yes to rotate without it");
  }
  return !options.yes;
}

/// Asks on the terminal.
bool is_wanted(const rotate_options& options, const std::vector<outlook_line>& seen) {
  const question_options how{.only_old_ones = options.older_than.has_value(),
                             .force = options.force};
  std::fputs(render_question(seen, how).c_str(), stderr);
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    answer += static_cast<char>(c);
  }
  return answer == "y" || answer == "Y" || answer == "yes";
}

exit_code say_nothing_was_done() {
  print_errors("nothing was rotated");
  return exit_code::no;
}

/// One order; where its end can't be told, says how to find out.
http::unix_answer ordered(const control_client& daemon, const std::string& target,
                          std::chrono::milliseconds limit) {
  try {
    return daemon.order(target, limit);
  } catch (const command_failed& lost) {
    throw command_failed(
        lost.code(),
        std::string{lost.what()} +
            "; check the result of the rotation with `tokensyncd status` or in the audit log");
  }
}

std::vector<outlook_line> outlook_by_daemon(const control_client& daemon,
                                            const std::vector<std::string>& workspaces) {
  std::vector<outlook_line> seen;
  for (const auto& id : workspaces) {
    const auto answered = daemon.order("/-/outlook/" + encoded(id), longest_look);
    auto line = control::read_outlook(answered.body);
    if (!line) {
      throw command_failed(exit_code::no, line.error().sentence);
    }
    seen.push_back(std::move(*line));
  }
  return seen;
}

exit_code rotate_by_daemon(const control_client& daemon, const rotate_options& options) {
  check_ids(daemon, options.workspaces);
  if (must_ask(options) && !is_wanted(options, outlook_by_daemon(daemon, options.workspaces))) {
    return say_nothing_was_done();
  }
  std::string query = "?timeout_ms=" + std::to_string(options.timeout.count());
  if (options.older_than) {
    query += "&older_than_ms=" + std::to_string(options.older_than->count());
  }
  if (options.force) {
    query += "&force=true";
  }
  tally told{options.workspaces.size(), rotated_by::daemon};
  for (const auto& id : options.workspaces) {
    const auto answered =
        ordered(daemon, "/-/rotate/" + encoded(id) + query, options.timeout + longest_call);
    const auto line = control::read_rotation(answered.body);
    if (!line) {
      throw command_failed(exit_code::no, line.error().sentence);
    }
    if (!told.take(*line)) {
      break;
    }
  }
  return told.sum_up();
}

task<> rotate_all(services& parts, clock& time, const rotate_options& options, tally& told) {
  for (const auto& id : options.workspaces) {
    const sync::rotation_request how{options.older_than, options.timeout, options.force};
    const auto report = co_await parts.engine.rotate(id, how);
    if (!told.take(control::rotation_line_of(report))) {
      break;
    }
  }
  if (told.has_rotated()) {
    // No daemon will run the hooks later: who uses the old token must hear of it now.
    const auto pause = time.make_sleeper();
    co_await race(parts.engine.settled(), pause->sleep_until(time.now() + options.timeout));
  }
}

task<> rotate_or_stop(services& parts, signals& signal_requests, clock& time,
                      const rotate_options& options, tally& told) {
  const auto until_stop = [&]() -> task<> {
    co_await next_stop(signal_requests);
    told.stopped();
  };
  co_await race(rotate_all(parts, time, options, told), until_stop());
}

/// Tells what came of the rotation that a signal found under way.
void take_broken_off(services& parts, tally& told) {
  if (const auto report = parts.engine.broken_off_rotation()) {
    told.take(control::rotation_line_of(*report));
  }
}

task<> work(services& parts, signals& signal_requests, clock& time, const rotate_options& options,
            tally& told) {
  task_group running(co_await asio::this_coro::executor);
  running.start(parts.engine.run());
  drain_steps steps{signal_requests, time, {}, {}, {}};
  steps.on_late = [&parts, &told] {
    print_errors(
        "stopped before all running requests had ended; the next start checks the result and "
        "delivers it");
    take_broken_off(parts, told);
    parts.tell_unsaved();
    return told.sum_up();
  };
  steps.on_drained = [&parts, &told] { take_broken_off(parts, told); };
  co_await run_until(running, rotate_or_stop(parts, signal_requests, time, options, told),
                     std::move(steps));
}

task<> look_at_all(services& parts, const std::vector<std::string>& workspaces,
                   std::vector<outlook_line>& seen) {
  for (const auto& id : workspaces) {
    const auto outlook = co_await parts.engine.outlook(id);
    if (outlook) {
      seen.push_back(control::outlook_line_of(*outlook));
    }
  }
}

/// Holds the state's lock no longer than it looks: who is asked then may walk away.
std::vector<outlook_line> outlook_alone(const common_options& common,
                                        const config::configuration& settings,
                                        const std::vector<std::string>& workspaces) {
  asio::io_context loop{1};
  const auto time = make_system_clock(loop);
  services parts{loop,
                 *time,
                 settings,
                 {.level = common.level, .spread = false, .whole = false, .verifies = false}};
  std::vector<outlook_line> seen;
  run_on(loop, look_at_all(parts, workspaces, seen));
  return seen;
}

exit_code rotate_alone(const common_options& common, const rotate_options& options,
                       config::configuration settings) {
  filter_workspaces(settings, options.workspaces);
  refuse_to_take_over(settings);
  if (must_ask(options) &&
      !is_wanted(options, outlook_alone(common, settings, options.workspaces))) {
    return say_nothing_was_done();
  }
  asio::io_context loop{1};
  signals signal_requests{loop};
  const auto time = make_system_clock(loop);
  services parts{loop,
                 *time,
                 settings,
                 {.level = common.level,
                  .spread = false,
                  .whole = false,
                  .verifies = false,
                  .opening = {true}}};
  signal_requests.catch_stops();
  tally told{options.workspaces.size(), rotated_by::command};
  run_on(loop, work(parts, signal_requests, *time, options, told));
  parts.tell_unsaved();
  const auto outcome = told.sum_up();
  const bool waited = told.has_rotated() && !told.was_stopped();
  const auto pending = waited ? pending_hooks(parts.engine) : std::string{};
  print_errors(pending);
  return pending.empty() ? outcome : exit_code::no;
}

/// Each workspace once, in the order given: twice the same name is a slip, not two rotations.
std::vector<std::string> without_doubles(const std::vector<std::string>& workspaces) {
  std::vector<std::string> each_once;
  for (const auto& id : workspaces) {
    if (std::find(each_once.begin(), each_once.end(), id) == each_once.end()) {
      each_once.push_back(id);
    }
  }
  return each_once;
}

}  // namespace

exit_code run_command(const common_options& common, const rotate_options& options) {
  harden_process();
  rotate_options once_each = options;
  once_each.workspaces = without_doubles(options.workspaces);
  const control_client daemon{common.config};
  const bool runs = daemon.ask_if_running(http::method::get, "/livez", 30s).has_value();
  if (runs) return rotate_by_daemon(daemon, once_each);
  const auto rotate = [&](config::configuration settings) {
    return rotate_alone(common, once_each, std::move(settings));
  };
  return with_configuration(common.config, rotate);
}

}  // namespace tokensyncd::commands
