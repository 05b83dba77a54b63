#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "daemon/application/configuration.hpp"
#include "daemon/application/services.hpp"
#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/plan/plan_report.hpp"
#include "daemon/commands/status/status_call.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/process/hardening.hpp"

namespace tokensyncd::commands {

namespace {

using namespace std::chrono_literals;

/// 10,000 workspaces take 10 minutes at the default rate.
constexpr std::chrono::hours longest_plan{1};

std::vector<plan_line> plan_alone(const common_options& common,
                                  const std::vector<std::string>& workspaces) {
  const auto plan = [&](config::configuration settings) {
    asio::io_context loop{1};
    const auto time = make_system_clock(loop);
    refuse_to_take_over(settings);
    filter_workspaces(settings, workspaces);
    services parts{loop,
                   *time,
                   settings,
                   {.level = common.level, .spread = false, .whole = workspaces.empty()}};
    std::vector<sync::planned> planned;
    const auto ask = [&]() -> task<> {
      std::vector<std::string> all;
      planned = co_await parts.engine.plan(std::move(all));
    };
    run_on(loop, ask());
    return control::plan_lines(planned);
  };
  return with_configuration(common.config, plan);
}

std::vector<plan_line> plan_of(const http::unix_answer& answered) {
  auto lines = control::read_plan(answered.body);
  if (!lines) {
    throw command_failed(exit_code::no, lines.error().sentence);
  }
  return std::move(*lines);
}

std::vector<plan_line> plan_by_daemon(const control_client& daemon,
                                      const status_selection& wanted) {
  std::vector<plan_line> lines;
  for (const auto& target : targets_of("/-/plan", selected_ids(daemon, wanted))) {
    auto some = plan_of(daemon.order(target, longest_plan));
    std::ranges::move(some, std::back_inserter(lines));
  }
  return lines;
}

}  // namespace

exit_code run_command(const common_options& common, const plan_options& options) {
  harden_process();
  const control_client daemon{common.config};
  const status_selection& wanted = options.selection;
  const bool runs = daemon.ask_if_running(http::method::get, "/livez", 30s).has_value();
  auto lines =
      runs ? plan_by_daemon(daemon, wanted) : plan_alone(common, ids_without_daemon(wanted));
  if (!wanted.sink.empty())
    std::erase_if(lines, [&](const plan_line& line) { return line.sink != wanted.sink; });
  std::fputs(render_plan(lines, options.limit).c_str(), stdout);
  return exit_code_of(lines);
}

}  // namespace tokensyncd::commands
