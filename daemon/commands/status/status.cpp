#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/status/status_report.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd::commands {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds call_limit{30};
constexpr std::chrono::milliseconds between_looks{250};

/// What was answered, as sent and as read.
struct look {
  std::string text;
  status_report report;
};

look read_answer(http::unix_answer answered) {
  if (answered.status != 200) {
    throw command_failed(exit_code::no,
                         "the daemon does not show its status on its control socket");
  }
  auto report = read_status(answered.body);
  if (!report) {
    throw command_failed(exit_code::no, report.error().sentence);
  }
  return {std::move(answered.body), std::move(*report)};
}

look ask(const control_client& daemon) {
  return read_answer(daemon.ask(http::method::get, "/status", call_limit));
}

/// Looks again until everything is in sync; the last look when `limit` is over.
look wait_for_sync(const control_client& daemon, std::chrono::milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (steady_clock::now() < end) {
    if (auto answered = daemon.ask_if_running(http::method::get, "/status", call_limit)) {
      auto seen = read_answer(std::move(*answered));
      if (all_in_sync(seen.report)) {
        return seen;
      }
    }
    std::this_thread::sleep_for(between_looks);
  }
  return ask(daemon);
}

std::string as_table(const look& seen) {
  const auto now =
      std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
  return render_status(seen.report, now);
}

/// Signals that end a watch as it is meant to end. Blocked from its construction on, so that none
/// comes between two waits.
class end_signals {
 public:
  end_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  /// Waits for a second; whether one came.
  [[nodiscard]] bool came_within_a_second() const {
    constexpr timespec second{1, 0};
    return sigtimedwait(&set_, nullptr, &second) > 0;
  }

 private:
  sigset_t set_{};
};

/// Until Ctrl-C, or the daemon leaves: a table drawn anew on a terminal, elsewhere one for each
/// change.
exit_code watch(const control_client& daemon) {
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  const end_signals end;
  std::string shown;
  do {
    const auto seen = ask(daemon);
    auto now = essence(seen.report);
    if (is_terminal || now != shown) {
      const std::string text = as_table(seen) + render_rotations(seen.report);
      std::printf("%s%s%s", is_terminal ? "\x1b[H\x1b[2J" : "",
                  is_terminal || shown.empty() ? "" : "\n", text.c_str());
      flush_output();
      shown = std::move(now);
    }
  } while (!end.came_within_a_second());
  return exit_code::ok;
}

}  // namespace

exit_code run_command(const common_options& common, const status_options& options) {
  const control_client daemon{common.config};
  if (options.watch) {
    return watch(daemon);
  }
  const auto seen = options.wait ? wait_for_sync(daemon, *options.wait) : ask(daemon);
  const std::string text = options.json ? seen.text + '\n' : as_table(seen);
  std::fputs(text.c_str(), stdout);
  return all_in_sync(seen.report) ? exit_code::ok : exit_code::no;
}

}  // namespace tokensyncd::commands
