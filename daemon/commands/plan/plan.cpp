#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "daemon/application/configuration.hpp"
#include "daemon/application/services.hpp"
#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/plan/plan_report.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/process/hardening.hpp"

namespace tokensyncd::commands {

namespace {

/// 10,000 workspaces take 10 minutes at the default rate.
constexpr std::chrono::hours longest{1};

std::vector<plan_line> plan_alone(const common_options& common) {
  const auto plan = [&common](const config::configuration& settings) {
    asio::io_context loop{1};
    const auto time = make_system_clock(loop);
    refuse_to_take_over(settings);
    services parts{loop, *time, settings, {.level = common.level, .spread = false}};
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

}  // namespace

exit_code run_command(const common_options& common, const plan_options&) {
  harden_process();
  const control_client daemon{common.config};
  const auto answered = daemon.order_if_running("/-/plan", longest);
  const auto lines = answered ? plan_of(*answered) : plan_alone(common);
  std::fputs(render_plan(lines).c_str(), stdout);
  return exit_code_of(lines);
}

}  // namespace tokensyncd::commands
