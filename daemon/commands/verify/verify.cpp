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
#include "daemon/commands/status/status_call.hpp"
#include "daemon/commands/verify/verify_report.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/process/hardening.hpp"

namespace tokensyncd::commands {

namespace {

using namespace std::chrono_literals;

/// Two calls a workspace: 10,000 take 17 minutes at the default rate.
constexpr std::chrono::hours longest_verification{1};

std::vector<verify_line> verify_alone(const common_options& common,
                                      const std::vector<std::string>& workspaces) {
  const auto verify = [&](config::configuration settings) {
    asio::io_context loop{1};
    const auto time = make_system_clock(loop);
    refuse_to_take_over(settings);
    filter_workspaces(settings, workspaces);
    services parts{loop,
                   *time,
                   settings,
                   {.level = common.level, .spread = false, .whole = workspaces.empty()}};
    std::vector<sync::verified_token> verified;
    const auto ask = [&]() -> task<> {
      std::vector<std::string> all;
      verified = co_await parts.engine.verify(std::move(all));
    };
    run_on(loop, ask());
    return control::verify_lines(verified);
  };
  return with_configuration(common.config, verify);
}

std::vector<verify_line> read_lines(const http::unix_answer& answered) {
  auto lines = control::read_verify(answered.body);
  if (!lines) {
    throw command_failed(exit_code::no, lines.error().sentence);
  }
  return std::move(*lines);
}

std::vector<verify_line> verify_by_daemon(const control_client& daemon,
                                          const status_selection& wanted) {
  std::vector<verify_line> lines;
  for (const auto& target : targets_of("/-/verify", selected_ids(daemon, wanted))) {
    auto some = read_lines(daemon.order(target, longest_verification));
    std::ranges::move(some, std::back_inserter(lines));
  }
  return lines;
}

}  // namespace

exit_code run_command(const common_options& common, const verify_options& options) {
  harden_process();
  const control_client daemon{common.config};
  const bool runs = daemon.ask_if_running(http::method::get, "/livez", 30s).has_value();
  const auto lines = runs ? verify_by_daemon(daemon, options.selection)
                          : verify_alone(common, ids_without_daemon(options.selection));
  std::fputs(render_verify(lines, options.limit).c_str(), stdout);
  return exit_code_of(lines);
}

}  // namespace tokensyncd::commands
