#include "daemon/commands/status/status_call.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::chrono::seconds call_limit{30};

status_answer read_answer(http::unix_answer answered) {
  if (answered.status != 200)
    throw command_failed(exit_code::no,
                         "the daemon does not show its status on its control socket");
  auto report = read_status(answered.body);
  if (!report) throw command_failed(exit_code::no, report.error().sentence);
  return {std::move(answered.body), std::move(*report)};
}

}  // namespace

status_answer ask_status(const control_client& daemon) {
  return read_answer(daemon.ask(http::method::get, "/status", call_limit));
}

std::optional<status_answer> ask_status_if_running(const control_client& daemon) {
  auto answered = daemon.ask_if_running(http::method::get, "/status", call_limit);
  if (!answered) return {};
  return read_answer(std::move(*answered));
}

void refuse_unknown(const status_report& report, const status_selection& wanted) {
  const auto unknown = first_unknown(report, wanted);
  if (!unknown.empty())
    throw command_failed(exit_code::usage, "the daemon has no " + unknown +
                                               "; `tokensyncd status` lists what it has");
}

const std::vector<std::string>& ids_without_daemon(const status_selection& wanted) {
  if (wanted.trouble || !wanted.sink.empty())
    throw command_failed(exit_code::usage,
                         "--trouble and --sink need a running daemon, and none is running");
  return wanted.workspaces;
}

std::optional<std::vector<std::string>> selected_ids(const control_client& daemon,
                                                     const status_selection& wanted) {
  if (wanted == status_selection{}) return {};
  const status_answer seen = ask_status(daemon);
  refuse_unknown(seen.report, wanted);
  std::vector<std::string> ids;
  for (const status_row& row : select(seen.report, wanted)) {
    if (std::ranges::find(ids, row.workspace->id) == ids.end()) ids.push_back(row.workspace->id);
  }
  return ids;
}

}  // namespace tokensyncd::commands
