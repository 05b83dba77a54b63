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
#include "daemon/commands/rotate/tally.hpp"
#include "daemon/commands/status/status_call.hpp"
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
bool is_wanted(const std::string& question) {
  std::fputs(question.c_str(), stderr);
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    answer += static_cast<char>(c);
  }
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// The question about all workspaces; each is looked at before its turn.
std::string question_about_all(const rotate_options& options) {
  return "This rotates each token that is older than --if-older-than, one after the other, of " +
         std::to_string(options.workspaces.size()) +
         " workspaces, and stops at the first that isn't confirmed.\n"
         "The old tokens stop working at once. This cannot be undone.\nContinue? [y/N] ";
}

/// `look`: what a rotation would meet.
template <class Look>
bool is_wanted(const rotate_options& options, Look look) {
  if (options.all) return is_wanted(question_about_all(options));
  const question_options how{.only_old_ones = options.older_than.has_value(),
                             .force = options.force};
  return is_wanted(render_question(look(), how));
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

exit_code rotate_by_daemon(const control_client& daemon, rotate_options options) {
  if (options.all) {
    for (auto& each : ask_status(daemon).report.workspaces)
      options.workspaces.push_back(std::move(each.id));
  } else {
    check_ids(daemon, options.workspaces);
  }
  const auto look = [&] { return outlook_by_daemon(daemon, options.workspaces); };
  if (must_ask(options) && !is_wanted(options, look)) return say_nothing_was_done();
  std::string query = "?timeout_ms=" + std::to_string(options.timeout.count());
  if (options.older_than) {
    query += "&older_than_ms=" + std::to_string(options.older_than->count());
  }
  if (options.force) {
    query += "&force=true";
  }
  tally told{options, rotated_by::daemon};
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

exit_code rotate_alone(const common_options& common, rotate_options options,
                       config::configuration settings) {
  filter_workspaces(settings, options.workspaces);
  if (options.all) {
    for (const auto& each : settings.workspaces) options.workspaces.push_back(each.id);
  }
  refuse_to_take_over(settings);
  const auto look = [&] { return outlook_alone(common, settings, options.workspaces); };
  if (must_ask(options) && !is_wanted(options, look)) return say_nothing_was_done();
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
  tally told{options, rotated_by::command};
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
  if (runs) return rotate_by_daemon(daemon, std::move(once_each));
  const auto rotate = [&](config::configuration settings) {
    return rotate_alone(common, once_each, std::move(settings));
  };
  return with_configuration(common.config, rotate);
}

}  // namespace tokensyncd::commands
