#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/status/status_call.hpp"
#include "daemon/runtime/backoff.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd::commands {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// A status of thousands of workspaces isn't free.
constexpr backoff between_looks{50ms, 1s};

/// What isn't right after the check, a line for each; empty where all is.
std::string troubles_of(const reported_workspace& workspace) {
  const std::string about = workspace.id + ": ";
  std::string lines;
  if (!workspace.last_error.empty()) lines += about + workspace.last_error + "\n";
  for (const auto& sink : workspace.sinks) {
    if (sink.in_sync) continue;
    lines += about + "not in sync in " + sink.name;
    lines += sink.last_error.empty() ? "\n" : ": " + sink.last_error + "\n";
  }
  return lines;
}

/// An event makes its workspace due at once, so its next check lies ahead only after the check.
bool is_checked(const reported_workspace& workspace) {
  return workspace.next_check && *workspace.next_check > std::chrono::system_clock::now();
}

/// Waits for the check that an event brings; what isn't right then, or that there was none.
std::string wait_for_check(const control_client& daemon, const event_options& options) {
  std::string missing = options.workspace + ": it was not checked in time";
  const auto last = steady_clock::now() + options.timeout;
  for (unsigned looks = 0; steady_clock::now() < last; ++looks) {
    std::this_thread::sleep_for(between_looks.after(looks));
    const status_report report = ask_status(daemon).report;
    const auto now =
        std::ranges::find(report.workspaces, options.workspace, &reported_workspace::id);
    if (now == report.workspaces.end())
      return options.workspace + ": it has left the configuration";
    if (is_checked(*now) || !now->last_error.empty()) missing = troubles_of(*now);
    if (missing.empty()) break;
  }
  return missing;
}

}  // namespace

exit_code run_command(const common_options& common, const event_options& options) {
  const control_client daemon{common.config};
  check_ids(daemon, {options.workspace});
  daemon.order("/-/event/" + encoded(options.workspace), options.timeout);
  std::puts("the webhook accepted the event");
  const std::string missing = wait_for_check(daemon, options);
  if (missing.empty()) {
    std::printf("%s was checked, and its token is in every sink\n", options.workspace.c_str());
    return exit_code::ok;
  }
  print_errors(missing);
  return exit_code::no;
}

}  // namespace tokensyncd::commands
