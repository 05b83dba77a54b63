#include <algorithm>
#include <chrono>
#include <cstddef>
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
/// An id of 255 bytes is up to 765 in the address, and the daemon takes 8 KiB of head.
constexpr std::size_t most_at_once = 8;

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

/// Asked for in batches, as the ids stand in the address.
std::vector<verify_line> verify_by_daemon(const control_client& daemon,
                                          std::vector<std::string> workspaces) {
  std::vector<verify_line> lines;
  do {
    const auto count = std::min(workspaces.size(), most_at_once);
    std::string target = "/-/verify";
    for (std::size_t i = 0; i < count; ++i) {
      target += (i == 0 ? "?workspace=" : "&workspace=") + encoded(workspaces[i]);
    }
    workspaces.erase(workspaces.begin(), workspaces.begin() + static_cast<std::ptrdiff_t>(count));
    auto some = read_lines(daemon.order(target, longest_verification));
    std::ranges::move(some, std::back_inserter(lines));
  } while (!workspaces.empty());
  return lines;
}

}  // namespace

exit_code run_command(const common_options& common, const verify_options& options) {
  harden_process();
  const control_client daemon{common.config};
  const bool runs = daemon.ask_if_running(http::method::get, "/livez", 30s).has_value();
  std::vector<verify_line> lines;
  if (runs) {
    auto ids = selected_ids(daemon, options.selection);
    const bool is_nothing = ids && ids->empty();
    if (!is_nothing)
      lines = verify_by_daemon(daemon, std::move(ids).value_or(std::vector<std::string>{}));
  } else {
    lines = verify_alone(common, ids_without_daemon(options.selection));
  }
  std::fputs(render_verify(lines, options.limit).c_str(), stdout);
  return exit_code_of(lines);
}

}  // namespace tokensyncd::commands
